// A headless Chromium, spoken to by its own protocol: just what it takes to open a page, look at it and take its picture.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findProgram } from '../../src/host/files.ts';

export interface View {
  readonly url: string;
  readonly width: number;
  readonly scheme: 'light' | 'dark';
  readonly scripts: 'run' | 'off';
  readonly media: 'screen' | 'print';
}

export interface Tab {
  /** From the begin of the navigation to the page's load event. */
  readonly loadMs: number;
  /** Errors, messages of the security policy, requests that leave the file, dialogs. */
  readonly complaints: readonly string[];
  /** The value of an expression, or of the promise that it is. */
  evaluate<T>(expression: string): Promise<T>;
  /** The whole page as PNG. */
  picture(): Promise<Buffer>;
  pdf(): Promise<Buffer>;
  close(): Promise<void>;
}

type Message = Readonly<Record<string, unknown>>;
type Listener = (method: string, params: Message) => void;

const flags = [
  ...['--headless=new', '--remote-debugging-port=0', '--no-first-run', '--disable-gpu', '--hide-scrollbars'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic'],
  // Root has no sandbox; the pages are our own.
  '--no-sandbox',
];

/** Starts the Chromium that PATH finds. Throws when there is none. */
export async function openChromium(): Promise<{ open(view: View): Promise<Tab> } & AsyncDisposable> {
  const program = ['chromium', 'chromium-browser', 'google-chrome']
    .map((name) => findProgram({ environment: process.env }, name))
    .find((one) => one);
  if (!program) throw new Error('there is no Chromium on PATH');
  const home = mkdtempSync(join(tmpdir(), 'bg-chromium-'));
  const child = spawn(program, [...flags, `--user-data-dir=${home}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const putAway = (): void => {
    child.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once('exit', putAway);
  const address = await addressOf(child.stderr, gone);
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error(`no connection to ${address}`));
  });
  const line = talkTo(socket);
  return {
    open: (view) => openTab(line, view),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await gone;
      putAway();
    },
  };
}

async function addressOf(stderr: NodeJS.ReadableStream, gone: Promise<void>): Promise<string> {
  const lines = createInterface({ input: stderr });
  const said = new Promise<string>((resolve) => {
    lines.on('line', (line) => {
      const address = /^DevTools listening on (ws:\S+)/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
    });
  });
  const ended = gone.then(() => Promise.reject(new Error('Chromium ended before it could be asked')));
  return Promise.race([said, ended]);
}

interface Line {
  send(method: string, params?: object, sessionId?: string): Promise<Message>;
  listen(sessionId: string, listener: Listener): void;
}

function talkTo(socket: WebSocket): Line {
  const waiting = new Map<number, PromiseWithResolvers<Message>>();
  const listeners = new Map<string, Listener>();
  let last = 0;
  socket.onmessage = ({ data }) => {
    const { id, result, error, method, params, sessionId } = JSON.parse(String(data)) as Message;
    if (typeof id === 'number') {
      const waiter = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) waiter?.resolve(result as Message);
      else waiter?.reject(new Error(JSON.stringify(error)));
    } else listeners.get(String(sessionId))?.(String(method), params as Message);
  };
  return {
    send(method, params = {}, sessionId) {
      last += 1;
      const waiter = Promise.withResolvers<Message>();
      waiting.set(last, waiter);
      socket.send(JSON.stringify({ id: last, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
      return waiter.promise;
    },
    listen: (sessionId, listener) => void listeners.set(sessionId, listener),
  };
}

async function openTab(line: Line, view: View): Promise<Tab> {
  const { targetId } = await line.send('Target.createTarget', { url: 'about:blank' });
  const attached = await line.send('Target.attachToTarget', { targetId, flatten: true });
  const session = String(attached.sessionId);
  const send = (method: string, params: object = {}): Promise<Message> => line.send(method, params, session);
  const complaints: string[] = [];
  const loaded = Promise.withResolvers<void>();
  line.listen(session, (method, params) => {
    if (method === 'Page.loadEventFired') loaded.resolve();
    const complaint = complaintOf(method, params, view.url);
    if (complaint !== '') complaints.push(complaint);
    if (method === 'Page.javascriptDialogOpening') void send('Page.handleJavaScriptDialog', { accept: false });
  });
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await send(`${domain}.enable`);
  await send('Emulation.setScriptExecutionDisabled', { value: view.scripts === 'off' });
  const mobile = view.width < 640;
  await send('Emulation.setDeviceMetricsOverride', { width: view.width, height: 900, deviceScaleFactor: 1, mobile });
  const features = [{ name: 'prefers-color-scheme', value: view.scheme }];
  await send('Emulation.setEmulatedMedia', { media: view.media, features });
  const begun = performance.now();
  await send('Page.navigate', { url: view.url });
  await loaded.promise;
  const data = async (method: string, params: object): Promise<Buffer> =>
    Buffer.from(String((await send(method, params)).data), 'base64');
  return {
    loadMs: performance.now() - begun,
    complaints,
    async evaluate<T>(expression: string): Promise<T> {
      const answer = await send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
      if (answer.exceptionDetails !== undefined) throw new Error(JSON.stringify(answer.exceptionDetails));
      return (answer.result as Message).value as T;
    },
    picture: () => data('Page.captureScreenshot', { captureBeyondViewport: true }),
    pdf: () => data('Page.printToPDF', { preferCSSPageSize: true }),
    close: async () => void (await line.send('Target.closeTarget', { targetId })),
  };
}

function complaintOf(method: string, params: Message, own: string): string {
  if (method === 'Runtime.exceptionThrown') return `exception ${JSON.stringify(params.exceptionDetails)}`;
  if (method === 'Runtime.consoleAPICalled' && params.type === 'error') return `console ${JSON.stringify(params.args)}`;
  if (method === 'Page.javascriptDialogOpening') return `dialog ${String(params.message)}`;
  if (method === 'Log.entryAdded') {
    const { level, text } = params.entry as Message;
    return level === 'error' ? `log ${String(text)}` : '';
  }
  if (method !== 'Network.requestWillBeSent') return '';
  const { url } = params.request as Message;
  return url === own ? '' : `request ${String(url)}`;
}
