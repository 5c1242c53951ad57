// A Vulkan driver for the host that passes everything on to the real one, named by FAULTY_REAL, but for one fault, named by FAULTY_HOW.
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vulkan/vulkan_core.h>

#define REAL(name) ((PFN_##name)real_##name)
static PFN_vkVoidFunction real_vkGetDeviceProcAddr, real_vkUpdateDescriptorSets, real_vkCreateGraphicsPipelines,
    real_vkQueueSubmit, real_vkCreatePipelineLayout, real_vkCmdBindDescriptorSets, real_vkCmdCopyBufferToImage;
static PFN_vkVoidFunction (*real_instance)(VkInstance, const char *), (*real_physical)(VkInstance, const char *);
static VkResult (*real_negotiate)(uint32_t *);

static int fails_by(const char *how) {
  const char *wanted = getenv("FAULTY_HOW");
  return wanted && !strcmp(wanted, how);
}

// descriptor: uniform buffers never get into their sets.
static void update_descriptors(VkDevice device, uint32_t writes, const VkWriteDescriptorSet *write, uint32_t copies,
                               const VkCopyDescriptorSet *copy) {
  for (uint32_t index = 0; index < writes; index++)
    if (write[index].descriptorType != VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER)
      REAL(vkUpdateDescriptorSets)(device, 1, &write[index], 0, 0);
  REAL(vkUpdateDescriptorSets)(device, 0, 0, copies, copy);
}

// compiler: what compiles shaders has been lost after the first one, as it is where a process was forked.
static VkResult create_pipelines(VkDevice device, VkPipelineCache cache, uint32_t count,
                                 const VkGraphicsPipelineCreateInfo *infos, const VkAllocationCallbacks *allocator,
                                 VkPipeline *pipelines) {
  static int compiled;
  if (compiled++ == 0) return REAL(vkCreateGraphicsPipelines)(device, cache, count, infos, allocator, pipelines);
  memset(pipelines, 0, count * sizeof *pipelines);
  return VK_ERROR_INITIALIZATION_FAILED;
}

// unbound: work never ends whose pipeline layout has a set that is not bound.
static int unbound;
static VkResult create_layout(VkDevice device, const VkPipelineLayoutCreateInfo *info,
                              const VkAllocationCallbacks *allocator, VkPipelineLayout *layout) {
  if (info->setLayoutCount > 0) unbound = 1;
  return REAL(vkCreatePipelineLayout)(device, info, allocator, layout);
}
static void bind_descriptors(VkCommandBuffer commands, VkPipelineBindPoint point, VkPipelineLayout layout, uint32_t first,
                             uint32_t count, const VkDescriptorSet *sets, uint32_t offsets, const uint32_t *offset) {
  unbound = 0;
  REAL(vkCmdBindDescriptorSets)(commands, point, layout, first, count, sets, offsets, offset);
}

// upload: what is copied into an image does not arrive.
static void copy_to_image(VkCommandBuffer commands, VkBuffer buffer, VkImage image, VkImageLayout layout, uint32_t count,
                          const VkBufferImageCopy *regions) {
  (void)commands, (void)buffer, (void)image, (void)layout, (void)count, (void)regions;
}

// killed: the process ends in the middle of a row of frames.
static VkResult submit(VkQueue queue, uint32_t count, const VkSubmitInfo *submits, VkFence fence) {
  static int submitted;
  if (fails_by("killed") && ++submitted == 50) kill(getpid(), SIGKILL);
  if (fails_by("unbound") && unbound) for (;;) pause();
  return REAL(vkQueueSubmit)(queue, count, submits, fence);
}

static const struct { const char *how, *name; void *replaced_by; PFN_vkVoidFunction *real; } replaced[] = {
    {"descriptor", "vkUpdateDescriptorSets", update_descriptors, &real_vkUpdateDescriptorSets},
    {"compiler", "vkCreateGraphicsPipelines", create_pipelines, &real_vkCreateGraphicsPipelines},
    {"unbound", "vkCreatePipelineLayout", create_layout, &real_vkCreatePipelineLayout},
    {"unbound", "vkCmdBindDescriptorSets", bind_descriptors, &real_vkCmdBindDescriptorSets},
    {"unbound", "vkQueueSubmit", submit, &real_vkQueueSubmit},
    {"upload", "vkCmdCopyBufferToImage", copy_to_image, &real_vkCmdCopyBufferToImage},
    {"killed", "vkQueueSubmit", submit, &real_vkQueueSubmit}};

static PFN_vkVoidFunction with_fault(const char *name, PFN_vkVoidFunction found) {
  for (unsigned index = 0; found && index < sizeof replaced / sizeof *replaced; index++)
    if (fails_by(replaced[index].how) && !strcmp(name, replaced[index].name)) {
      *replaced[index].real = found;
      return (PFN_vkVoidFunction)replaced[index].replaced_by;
    }
  return found;
}

static PFN_vkVoidFunction VKAPI_CALL device_function(VkDevice device, const char *name) {
  return with_fault(name, REAL(vkGetDeviceProcAddr)(device, name));
}

static void open_real(void) {
  if (real_instance) return;
  void *library = dlopen(getenv("FAULTY_REAL"), RTLD_NOW);
  if (!library) abort();
  real_instance = (void *)dlsym(library, "vk_icdGetInstanceProcAddr");
  real_physical = (void *)dlsym(library, "vk_icdGetPhysicalDeviceProcAddr");
  real_negotiate = (void *)dlsym(library, "vk_icdNegotiateLoaderICDInterfaceVersion");
}

VkResult vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t *version) {
  open_real();
  return real_negotiate(version);
}

PFN_vkVoidFunction vk_icdGetPhysicalDeviceProcAddr(VkInstance instance, const char *name) {
  open_real();
  return real_physical(instance, name);
}

PFN_vkVoidFunction vk_icdGetInstanceProcAddr(VkInstance instance, const char *name) {
  open_real();
  PFN_vkVoidFunction found = real_instance(instance, name);
  if (found && !strcmp(name, "vkGetDeviceProcAddr")) {
    real_vkGetDeviceProcAddr = found;
    return (PFN_vkVoidFunction)device_function;
  }
  return with_fault(name, found);
}
