// Pixels -> PNG (RFC 2083), with nothing but what every JavaScript has.

/** base64 of a PNG; `pixels` has three bytes a pixel, row by row. */
export async function pngOf(pixels: Uint8Array, width: number): Promise<string> {
  const row = width * 3;
  const height = Math.floor(pixels.length / row);
  const lines = new Uint8Array(height * (row + 1));
  for (let y = 0; y < height; y += 1) {
    // Each row begins with the number of its filter: 1, the difference from the pixel to the left.
    const line = lines.subarray(y * (row + 1), (y + 1) * (row + 1));
    line[0] = 1;
    for (let x = 0; x < row; x += 1)
      line[x + 1] = (pixels[y * row + x] ?? 0) - (x < 3 ? 0 : (pixels[y * row + x - 3] ?? 0));
  }
  const stream = new Blob([lines]).stream().pipeThrough(new CompressionStream('deflate'));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer());
  // Eight bits for each of red, green and blue, not interlaced.
  const header = new Uint8Array([...bigEndian(width), ...bigEndian(height), 8, 2, 0, 0, 0]);
  const bytes = [
    137,
    ...latin('PNG\r\n'),
    26,
    10,
    ...chunk('IHDR', header),
    ...chunk('IDAT', packed),
    ...chunk('IEND'),
  ];
  return btoa(String.fromCharCode(...bytes));
}

function chunk(name: string, content = new Uint8Array()): number[] {
  const body = [...latin(name), ...content];
  return [...bigEndian(content.length), ...body, ...bigEndian(checksum(body))];
}

const latin = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));

const bigEndian = (value: number): number[] => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);

/** CRC-32 of ISO 3309. */
function checksum(bytes: readonly number[]): number {
  let remainder = ~0;
  for (const byte of bytes) {
    remainder ^= byte;
    for (let bit = 0; bit < 8; bit += 1) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  }
  return ~remainder >>> 0;
}
