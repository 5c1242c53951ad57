// What the programs have in common that are brought into a guest to use Vulkan there.
//
// One binary for every C library: it links libvulkan.so.1 alone, and takes the few functions of libc that it needs from
// whichever libc that library brings along. It names no dynamic loader: start it as `/lib/ld-... program arguments`.
// It says what it is about to do, line by line, so that the last line tells where it hung.
#include <vulkan/vulkan_core.h>

long write(int, const void *, unsigned long);
void exit(int) __attribute__((noreturn));
struct instant { long seconds, nanoseconds; };
int clock_gettime(int, struct instant *);

static char line[512];
static unsigned used;
static uint64_t zero_us;

static void text(const char *from) {
  while (*from && used < sizeof line - 1) line[used++] = *from++;
}

static void number(uint64_t value) {
  char digits[20];
  unsigned count = 0;
  do digits[count++] = '0' + value % 10; while (value /= 10);
  while (count && used < sizeof line - 1) line[used++] = digits[--count];
}

static void end_line(void) {
  line[used++] = '\n';
  write(1, line, used);
  used = 0;
}

static uint64_t now_us(void) {
  struct instant now;
  clock_gettime(1, &now);
  return (uint64_t)now.seconds * 1000000 + now.nanoseconds / 1000;
}

// `<us> <step>`: microseconds since the program began, and what comes next.
static void step(const char *name) {
  number(now_us() - zero_us);
  text(" ");
  text(name);
  end_line();
}

static void check(const char *name, int result) {
  if (result == VK_SUCCESS) return;
  text("failed ");
  text(name);
  text(result < 0 ? " -" : " ");
  number(result < 0 ? -(int64_t)result : result);
  end_line();
  exit(1);
}

#define TRY(name, ...) check(#name, name(__VA_ARGS__))
#define INFO(type) .sType = VK_STRUCTURE_TYPE_##type

static int run(int count, char **arguments);

int start(int count, char **arguments) {
  zero_us = now_us();
  // exit, not a return into nothing: libraries have clean-up of their own, and the kernel driver frees the rest.
  exit(run(count, arguments));
}

// The dynamic loader jumps here. libc has to be told first: in musl it is this call that runs the libraries' constructors.
#if defined(__aarch64__)
__asm__(".globl _start\n_start:\n mov x29, #0\n mov x30, #0\n mov x5, x0\n ldr x1, [sp]\n add x2, sp, #8\n mov x6, sp\n"
        " adrp x0, start\n add x0, x0, :lo12:start\n mov x3, #0\n mov x4, #0\n bl __libc_start_main\n brk #0\n");
#elif defined(__x86_64__)
__asm__(".globl _start\n_start:\n xor %ebp, %ebp\n mov %rdx, %r9\n pop %rsi\n mov %rsp, %rdx\n and $-16, %rsp\n push %rax\n"
        " push %rsp\n lea start(%rip), %rdi\n xor %ecx, %ecx\n xor %r8d, %r8d\n call *__libc_start_main@GOTPCREL(%rip)\n hlt\n");
#else
#error no guest of Bootgauge has this processor
#endif
