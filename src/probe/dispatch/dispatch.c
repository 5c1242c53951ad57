// Uses Vulkan once, as an application would: a device, a compute pipeline over a buffer, a fence, and a check of the result.
// Arguments: how long the fence is waited for, in nanoseconds. Exit status: 0 verified, 1 a call failed, 2 a wrong result.
#include "program.h"
#include "shader.h"

enum { WORDS = 4096, GROUP = 64 };

static void show_device(VkPhysicalDevice gpu) {
  VkPhysicalDeviceDriverProperties driver = {INFO(PHYSICAL_DEVICE_DRIVER_PROPERTIES)};
  VkPhysicalDeviceProperties2 all = {INFO(PHYSICAL_DEVICE_PROPERTIES_2), .pNext = &driver};
  vkGetPhysicalDeviceProperties2(gpu, &all);
  text("driver ");
  number(driver.driverID);
  end_line();
  text("device ");
  text(all.properties.deviceName);
  end_line();
}

static uint32_t compute_family(VkPhysicalDevice gpu) {
  VkQueueFamilyProperties families[16];
  uint32_t count = 16;
  vkGetPhysicalDeviceQueueFamilyProperties(gpu, &count, families);
  for (uint32_t index = 0; index < count; index++)
    if (families[index].queueFlags & VK_QUEUE_COMPUTE_BIT) return index;
  check("compute queue", 1);
  return 0;
}

static uint32_t memory_type(VkPhysicalDevice gpu, uint32_t allowed) {
  const VkMemoryPropertyFlags wanted = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  VkPhysicalDeviceMemoryProperties memory;
  vkGetPhysicalDeviceMemoryProperties(gpu, &memory);
  for (uint32_t index = 0; index < memory.memoryTypeCount; index++)
    if (allowed >> index & 1 && (memory.memoryTypes[index].propertyFlags & wanted) == wanted) return index;
  check("host-visible memory", 1);
  return 0;
}

static VkPipeline make_pipeline(VkDevice device, VkDescriptorSetLayout set_layout, VkPipelineLayout *layout) {
  VkPipelineLayoutCreateInfo layout_info = {
      INFO(PIPELINE_LAYOUT_CREATE_INFO), .setLayoutCount = 1, .pSetLayouts = &set_layout};
  TRY(vkCreatePipelineLayout, device, &layout_info, 0, layout);
  VkShaderModuleCreateInfo code = {INFO(SHADER_MODULE_CREATE_INFO), .codeSize = sizeof shader, .pCode = shader};
  VkShaderModule module;
  TRY(vkCreateShaderModule, device, &code, 0, &module);
  VkComputePipelineCreateInfo info = {
      INFO(COMPUTE_PIPELINE_CREATE_INFO),
      .stage = {INFO(PIPELINE_SHADER_STAGE_CREATE_INFO), .stage = VK_SHADER_STAGE_COMPUTE_BIT, .module = module,
                .pName = "main"},
      .layout = *layout};
  VkPipeline pipeline;
  TRY(vkCreateComputePipelines, device, VK_NULL_HANDLE, 1, &info, 0, &pipeline);
  return pipeline;
}

static VkDescriptorSet describe(VkDevice device, VkDescriptorSetLayout layout, VkBuffer buffer) {
  VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1};
  VkDescriptorPoolCreateInfo pool_info = {
      INFO(DESCRIPTOR_POOL_CREATE_INFO), .maxSets = 1, .poolSizeCount = 1, .pPoolSizes = &size};
  VkDescriptorPool pool;
  TRY(vkCreateDescriptorPool, device, &pool_info, 0, &pool);
  VkDescriptorSetAllocateInfo set_info = {
      INFO(DESCRIPTOR_SET_ALLOCATE_INFO), .descriptorPool = pool, .descriptorSetCount = 1, .pSetLayouts = &layout};
  VkDescriptorSet set;
  TRY(vkAllocateDescriptorSets, device, &set_info, &set);
  VkDescriptorBufferInfo place = {buffer, 0, VK_WHOLE_SIZE};
  VkWriteDescriptorSet change = {
      INFO(WRITE_DESCRIPTOR_SET), .dstSet = set, .descriptorCount = 1,
      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, .pBufferInfo = &place};
  vkUpdateDescriptorSets(device, 1, &change, 0, 0);
  return set;
}

static VkCommandBuffer record(VkDevice device, uint32_t family, VkPipeline pipeline, VkPipelineLayout layout,
                              VkDescriptorSet set) {
  VkCommandPoolCreateInfo pool_info = {INFO(COMMAND_POOL_CREATE_INFO), .queueFamilyIndex = family};
  VkCommandPool pool;
  TRY(vkCreateCommandPool, device, &pool_info, 0, &pool);
  VkCommandBufferAllocateInfo info = {INFO(COMMAND_BUFFER_ALLOCATE_INFO), .commandPool = pool, .commandBufferCount = 1};
  VkCommandBuffer commands;
  TRY(vkAllocateCommandBuffers, device, &info, &commands);
  VkCommandBufferBeginInfo begin = {INFO(COMMAND_BUFFER_BEGIN_INFO)};
  TRY(vkBeginCommandBuffer, commands, &begin);
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, 1, &set, 0, 0);
  vkCmdDispatch(commands, WORDS / GROUP, 1, 1);
  VkMemoryBarrier visible = {
      INFO(MEMORY_BARRIER), .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT, .dstAccessMask = VK_ACCESS_HOST_READ_BIT};
  vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &visible, 0, 0,
                       0, 0);
  TRY(vkEndCommandBuffer, commands);
  return commands;
}

static int compute(uint64_t fence_ns) {
  step("vkCreateInstance");
  VkApplicationInfo application = {INFO(APPLICATION_INFO), .apiVersion = VK_API_VERSION_1_1};
  VkInstanceCreateInfo instance_info = {INFO(INSTANCE_CREATE_INFO), .pApplicationInfo = &application};
  VkInstance instance;
  TRY(vkCreateInstance, &instance_info, 0, &instance);

  step("vkEnumeratePhysicalDevices");
  VkPhysicalDevice gpus[16];
  uint32_t gpu_count = 16;
  TRY(vkEnumeratePhysicalDevices, instance, &gpu_count, gpus);
  check("vkEnumeratePhysicalDevices: no device", gpu_count == 0);
  // The loader's first one, as most applications take it.
  VkPhysicalDevice gpu = gpus[0];
  show_device(gpu);

  step("vkCreateDevice");
  uint32_t family = compute_family(gpu);
  float priority = 1;
  VkDeviceQueueCreateInfo queue_info = {
      INFO(DEVICE_QUEUE_CREATE_INFO), .queueFamilyIndex = family, .queueCount = 1, .pQueuePriorities = &priority};
  VkDeviceCreateInfo device_info = {
      INFO(DEVICE_CREATE_INFO), .queueCreateInfoCount = 1, .pQueueCreateInfos = &queue_info};
  VkDevice device;
  TRY(vkCreateDevice, gpu, &device_info, 0, &device);
  VkQueue queue;
  vkGetDeviceQueue(device, family, 0, &queue);

  step("vkMapMemory");
  VkBufferCreateInfo buffer_info = {
      INFO(BUFFER_CREATE_INFO), .size = WORDS * 4, .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT};
  VkBuffer buffer;
  TRY(vkCreateBuffer, device, &buffer_info, 0, &buffer);
  VkMemoryRequirements needs;
  vkGetBufferMemoryRequirements(device, buffer, &needs);
  VkMemoryAllocateInfo memory_info = {
      INFO(MEMORY_ALLOCATE_INFO), .allocationSize = needs.size,
      .memoryTypeIndex = memory_type(gpu, needs.memoryTypeBits)};
  VkDeviceMemory memory;
  TRY(vkAllocateMemory, device, &memory_info, 0, &memory);
  TRY(vkBindBufferMemory, device, buffer, memory, 0);
  void *mapped;
  TRY(vkMapMemory, device, memory, 0, VK_WHOLE_SIZE, 0, &mapped);
  volatile uint32_t *words = mapped;
  for (uint32_t index = 0; index < WORDS; index++) words[index] = index ^ 0x5bd1e995;

  step("vkCreateComputePipelines");
  VkDescriptorSetLayoutBinding binding = {
      .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, .descriptorCount = 1,
      .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
  VkDescriptorSetLayoutCreateInfo set_layout_info = {
      INFO(DESCRIPTOR_SET_LAYOUT_CREATE_INFO), .bindingCount = 1, .pBindings = &binding};
  VkDescriptorSetLayout set_layout;
  TRY(vkCreateDescriptorSetLayout, device, &set_layout_info, 0, &set_layout);
  VkPipelineLayout layout;
  VkPipeline pipeline = make_pipeline(device, set_layout, &layout);

  step("vkQueueSubmit");
  VkCommandBuffer commands = record(device, family, pipeline, layout, describe(device, set_layout, buffer));
  VkFenceCreateInfo fence_info = {INFO(FENCE_CREATE_INFO)};
  VkFence fence;
  TRY(vkCreateFence, device, &fence_info, 0, &fence);
  VkSubmitInfo submit = {INFO(SUBMIT_INFO), .commandBufferCount = 1, .pCommandBuffers = &commands};
  TRY(vkQueueSubmit, queue, 1, &submit, fence);

  step("vkWaitForFences");
  TRY(vkWaitForFences, device, 1, &fence, VK_TRUE, fence_ns);
  step("check");
  for (uint32_t index = 0; index < WORDS; index++) {
    uint32_t expected = (index ^ 0x5bd1e995) * 2654435761u + index;
    if (words[index] == expected) continue;
    text("wrong word ");
    number(index);
    text(": ");
    number(words[index]);
    text(" for ");
    number(expected);
    end_line();
    return 2;
  }
  step("verified");
  return 0;
}

static int run(int count, char **arguments) {
  uint64_t fence_ns = 0;
  for (const char *digit = count > 1 ? arguments[1] : ""; *digit >= '0' && *digit <= '9'; digit++)
    fence_ns = fence_ns * 10 + (*digit - '0');
  return compute(fence_ns ? fence_ns : 20000000000u);
}
