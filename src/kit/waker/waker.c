// Loaded before the C library into the kit's render server: a thread that waits for a condition looks again every 20 ms.
//
// Venus can lose a wake-up. The guest's driver tells an idle ring of new commands at most once in 1 ms, and the host's ring goes idle
// after 1 ms (mesa src/virtio/vulkan/vn_ring.c, virglrenderer src/venus/vkr_ring.c). A virtual processor that is preempted between
// reading "idle" and sending its notice sends it late; the host, which had woken up by itself, is idle again before the 1 ms are over,
// the next commands come without a notice, and both sides wait for ever. Emulated processors are preempted often enough for that to
// have been seen in one of about 400 runs of vulkaninfo on a busy machine. Waking up without a cause is allowed (POSIX
// pthread_cond_wait), so the server's own code takes it well.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <time.h>

enum { PERIOD_NS = 20 * 1000 * 1000, SECOND_NS = 1000 * 1000 * 1000 };

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_nsec += PERIOD_NS;
  if (until.tv_nsec >= SECOND_NS) {
    until.tv_nsec -= SECOND_NS;
    until.tv_sec++;
  }
  const int result = pthread_cond_clockwait(condition, mutex, CLOCK_MONOTONIC, &until);
  return result == ETIMEDOUT ? 0 : result;
}
