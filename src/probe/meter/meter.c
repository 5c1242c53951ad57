// How a guest responds: timers, the root disk, process starts and arithmetic, each measured when the host asks for it.
//
// Static, without a C library, so that it runs in every guest. `meter FOLDER...`: says `ready`, then answers each byte of standard input.
// t f r p c: one line with the step's name and its samples in microseconds, or `name failed N WHAT` with the kernel's error number and
// what was tried. q: ends. Any other byte comes back as it is. The folders are where the disk is looked for; the first that lies on one is used.
// `meter -` ends at once: what a process start starts.
typedef unsigned long u64;

#if defined(__aarch64__)
enum {
  OPENAT = 56, CLOSE = 57, UNLINKAT = 35, READ = 63, WRITE = 64, PREAD = 67, PWRITE = 68, FSYNC = 82, STATFS = 43, FADVISE = 223,
  GETTIME = 113, NANOSLEEP = 115, CLONE = 220, EXECVE = 221, WAIT4 = 260, EXIT = 94, GETPID = 172
};
static long call(long number, long a, long b, long c, long d) {
  register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c, x3 __asm__("x3") = d,
                x4 __asm__("x4") = 0;
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
  return x0;
}
__asm__(".globl _start\n_start:\n mov x29, #0\n mov x30, #0\n ldr x0, [sp]\n add x1, sp, #8\n bl start\n brk #0\n");
#elif defined(__x86_64__)
enum {
  OPENAT = 257, CLOSE = 3, UNLINKAT = 263, READ = 0, WRITE = 1, PREAD = 17, PWRITE = 18, FSYNC = 74, STATFS = 137, FADVISE = 221,
  GETTIME = 228, NANOSLEEP = 230, CLONE = 56, EXECVE = 59, WAIT4 = 61, EXIT = 231, GETPID = 39
};
static long call(long number, long a, long b, long c, long d) {
  register long r10 __asm__("r10") = d, r8 __asm__("r8") = 0;
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
  return result;
}
__asm__(".globl _start\n_start:\n xor %ebp, %ebp\n mov (%rsp), %rdi\n lea 8(%rsp), %rsi\n and $-16, %rsp\n call start\n hlt\n");
#else
#error no guest of Bootgauge has this processor
#endif

enum {
  TIMERS = 400, TIMER_US = 2000, SYNCS = 60, READS = 5, READ_BYTES = 8 << 20, CHUNK = 128 << 10, STARTS = 100, WORKS = 7,
  WORK_ROUNDS = 3000000, TABLE = 4096,
  /** No step begins another sample after this time. */
  LIMIT_US = 1500000,
  AT_FDCWD = -100, O_RDWR_CREAT_EXCL = 2 | 0100 | 0200, DONTNEED = 4, SIGCHLD = 17, MONOTONIC = 1
};

struct instant { long seconds, nanoseconds; };

static char line[8192];
static unsigned used;
static char chunk[CHUNK];
static u64 table[TABLE];
static char **folders;
static char *self;

static void text(const char *from) {
  while (*from && used < sizeof line - 1) line[used++] = *from++;
}

static void number(u64 value) {
  char digits[20];
  unsigned count = 0;
  do digits[count++] = '0' + value % 10; while (value /= 10);
  while (count && used < sizeof line - 1) line[used++] = digits[--count];
}

static void end_line(void) {
  line[used++] = '\n';
  for (unsigned sent = 0; sent < used;) {
    long wrote = call(WRITE, 1, (long)(line + sent), used - sent, 0);
    if (wrote <= 0) call(EXIT, 0, 0, 0, 0);
    sent += wrote;
  }
  used = 0;
}

static void sample(long microseconds) {
  text(" ");
  number(microseconds < 0 ? 0 : microseconds);
}

static void failed(long error, const char *what) {
  text(" failed ");
  number(-error);
  text(" ");
  text(what);
}

static long now_us(void) {
  struct instant now;
  call(GETTIME, MONOTONIC, (long)&now, 0, 0);
  return now.seconds * 1000000 + now.nanoseconds / 1000;
}

static void timers(void) {
  const long begun = now_us();
  for (int count = 0; count < TIMERS && now_us() - begun < LIMIT_US; count++) {
    struct instant pause = {0, TIMER_US * 1000};
    const long from = now_us();
    call(NANOSLEEP, MONOTONIC, 0, (long)&pause, 0);
    sample(now_us() - from - TIMER_US);
  }
}

// tmpfs and ramfs: nothing of theirs reaches a disk.
static int is_memory(const char *folder) {
  long facts[32];
  return call(STATFS, (long)folder, (long)facts, 0, 0) < 0 || facts[0] == 0x01021994 || facts[0] == 0x858458f6;
}

static char path[512];

static void name_file(const char *folder) {
  unsigned length = 0;
  for (const char *from = folder; *from && length < sizeof path - 32; from++) path[length++] = *from;
  for (const char *from = "/bg-meter-"; *from; from++) path[length++] = *from;
  for (long rest = call(GETPID, 0, 0, 0, 0); rest; rest /= 10) path[length++] = '0' + rest % 10;
  path[length] = 0;
}

// A new file on the disk, or the error of the last folder that lies on one. It keeps its name: some file systems sync no nameless file.
static long make_file(void) {
  long file = -2;
  for (char **folder = folders; *folder; folder++) {
    if (!**folder || is_memory(*folder)) continue;
    name_file(*folder);
    file = call(OPENAT, AT_FDCWD, (long)path, O_RDWR_CREAT_EXCL, 0600);
    if (file >= 0) return file;
  }
  return file;
}

static void end_file(long file) {
  call(CLOSE, file, 0, 0, 0);
  call(UNLINKAT, AT_FDCWD, (long)path, 0, 0);
}

static void syncs(long file) {
  const long begun = now_us();
  for (int count = 0; count < SYNCS && now_us() - begun < LIMIT_US; count++) {
    chunk[0]++;
    const long from = now_us();
    const long wrote = call(PWRITE, file, (long)chunk, 4096, 0);
    const long result = wrote < 0 ? wrote : call(FSYNC, file, 0, 0, 0);
    if (result < 0) return failed(result, wrote < 0 ? "write" : "fsync");
    sample(now_us() - from);
  }
}

static void reads(long file) {
  for (long at = 0; at < READ_BYTES; at += CHUNK) {
    // Not all the same: what is compressed is not read from the disk.
    for (int index = 0; index < CHUNK; index++) chunk[index] = (at + index) * 2654435761u >> 13;
    const long wrote = call(PWRITE, file, (long)chunk, CHUNK, at);
    if (wrote < CHUNK) return failed(wrote < 0 ? wrote : -28, "write");
  }
  const long result = call(FSYNC, file, 0, 0, 0);
  if (result < 0) return failed(result, "fsync");
  const long begun = now_us();
  for (int count = 0; count < READS && now_us() - begun < LIMIT_US; count++) {
    call(FADVISE, file, 0, 0, DONTNEED);
    const long from = now_us();
    for (long at = 0; at < READ_BYTES; at += CHUNK) {
      const long got = call(PREAD, file, (long)chunk, CHUNK, at);
      if (got < CHUNK) return failed(got < 0 ? got : -5, "read");
    }
    sample(now_us() - from);
  }
}

static void on_disk(void (*measure)(long)) {
  const long file = make_file();
  if (file < 0) return failed(file, "open");
  measure(file);
  end_file(file);
}

static void starts(void) {
  char *words[] = {self, "-", 0};
  char *environment[] = {0};
  const long begun = now_us();
  for (int count = 0; count < STARTS && now_us() - begun < LIMIT_US; count++) {
    const long from = now_us();
    const long child = call(CLONE, SIGCHLD, 0, 0, 0);
    if (child < 0) return failed(child, "clone");
    if (child == 0) {
      call(EXECVE, (long)self, (long)words, (long)environment, 0);
      call(EXIT, 127, 0, 0, 0);
    }
    int status = 0;
    call(WAIT4, child, (long)&status, 0, 0);
    if (status) return failed(-8, "execve");
    sample(now_us() - from);
  }
}

static void works(void) {
  const long begun = now_us();
  for (int count = 0; count < WORKS && now_us() - begun < LIMIT_US; count++) {
    const long from = now_us();
    u64 state = 88172645463325252;
    for (int round = 0; round < WORK_ROUNDS; round++) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      table[state % TABLE] += state;
    }
    __asm__ volatile("" : : "r"(table[state % TABLE]));
    sample(now_us() - from);
  }
}

static void answer(char asked) {
  switch (asked) {
    case 't': text("timer"); timers(); break;
    case 'f': text("fsync"); on_disk(syncs); break;
    case 'r': text("read"); on_disk(reads); break;
    case 'p': text("start"); starts(); break;
    case 'c': text("work"); works(); break;
    case 'q': call(EXIT, 0, 0, 0, 0); break;
    default: call(WRITE, 1, (long)&asked, 1, 0); return;
  }
  end_line();
}

void start(long count, char **words) {
  if (count == 2 && words[1][0] == '-') call(EXIT, 0, 0, 0, 0);
  self = words[0];
  folders = words + 1;
  text("ready");
  end_line();
  char asked;
  while (call(READ, 0, (long)&asked, 1, 0) == 1) answer(asked);
  call(EXIT, 0, 0, 0, 0);
}
