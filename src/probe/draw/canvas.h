// A device and a picture of 80 x 80 pixels that can be drawn into, copied into mapped memory and told.

enum { SIDE = 80, PIXELS = SIDE * SIDE };

static VkPhysicalDevice gpu;
static VkDevice device;
static VkQueue queue;
static VkCommandBuffer commands;
static VkFence fence;
static VkPhysicalDeviceMemoryProperties memory_types;

static uint32_t graphics_family(void) {
  VkQueueFamilyProperties families[16];
  uint32_t count = 16;
  vkGetPhysicalDeviceQueueFamilyProperties(gpu, &count, families);
  for (uint32_t index = 0; index < count; index++)
    if (families[index].queueFlags & VK_QUEUE_GRAPHICS_BIT) return index;
  check("graphics queue", 1);
  return 0;
}

static void open_device(void) {
  step("vkCreateInstance");
  VkApplicationInfo application = {INFO(APPLICATION_INFO), .apiVersion = VK_API_VERSION_1_1};
  VkInstanceCreateInfo instance_info = {INFO(INSTANCE_CREATE_INFO), .pApplicationInfo = &application};
  VkInstance instance;
  TRY(vkCreateInstance, &instance_info, 0, &instance);
  step("vkEnumeratePhysicalDevices");
  VkPhysicalDevice gpus[16];
  uint32_t count = 16;
  TRY(vkEnumeratePhysicalDevices, instance, &count, gpus);
  check("vkEnumeratePhysicalDevices: no device", count == 0);
  // The loader's first one, as most applications take it.
  gpu = gpus[0];
  vkGetPhysicalDeviceMemoryProperties(gpu, &memory_types);
  step("vkCreateDevice");
  uint32_t family = graphics_family();
  float priority = 1;
  VkDeviceQueueCreateInfo queue_info = {
      INFO(DEVICE_QUEUE_CREATE_INFO), .queueFamilyIndex = family, .queueCount = 1, .pQueuePriorities = &priority};
  VkDeviceCreateInfo device_info = {
      INFO(DEVICE_CREATE_INFO), .queueCreateInfoCount = 1, .pQueueCreateInfos = &queue_info};
  TRY(vkCreateDevice, gpu, &device_info, 0, &device);
  vkGetDeviceQueue(device, family, 0, &queue);
  VkCommandPoolCreateInfo pool_info = {
      INFO(COMMAND_POOL_CREATE_INFO), .queueFamilyIndex = family,
      .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT};
  VkCommandPool pool;
  TRY(vkCreateCommandPool, device, &pool_info, 0, &pool);
  VkCommandBufferAllocateInfo commands_info = {
      INFO(COMMAND_BUFFER_ALLOCATE_INFO), .commandPool = pool, .commandBufferCount = 1};
  TRY(vkAllocateCommandBuffers, device, &commands_info, &commands);
  VkFenceCreateInfo fence_info = {INFO(FENCE_CREATE_INFO)};
  TRY(vkCreateFence, device, &fence_info, 0, &fence);
}

enum { MAPPED = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT };

static VkDeviceMemory make_memory(VkMemoryRequirements needs, VkMemoryPropertyFlags wanted) {
  uint32_t type = 0;
  while (type < memory_types.memoryTypeCount &&
         !(needs.memoryTypeBits >> type & 1 && (memory_types.memoryTypes[type].propertyFlags & wanted) == wanted))
    type++;
  check("no memory of the kind that is needed", type == memory_types.memoryTypeCount);
  VkMemoryAllocateInfo info = {INFO(MEMORY_ALLOCATE_INFO), .allocationSize = needs.size, .memoryTypeIndex = type};
  VkDeviceMemory memory;
  TRY(vkAllocateMemory, device, &info, 0, &memory);
  return memory;
}

// mapped: where its memory appears; null keeps it on the device.
static VkBuffer make_buffer(VkDeviceSize size, VkBufferUsageFlags usage, void **mapped) {
  VkBufferCreateInfo info = {INFO(BUFFER_CREATE_INFO), .size = size, .usage = usage};
  VkBuffer buffer;
  TRY(vkCreateBuffer, device, &info, 0, &buffer);
  VkMemoryRequirements needs;
  vkGetBufferMemoryRequirements(device, buffer, &needs);
  VkDeviceMemory memory = make_memory(needs, mapped ? MAPPED : 0);
  TRY(vkBindBufferMemory, device, buffer, memory, 0);
  if (mapped) {
    step("vkMapMemory");
    TRY(vkMapMemory, device, memory, 0, VK_WHOLE_SIZE, 0, mapped);
  }
  return buffer;
}

static VkImageView make_image(uint32_t side, VkImageUsageFlags usage, VkImage *image) {
  VkImageCreateInfo info = {
      INFO(IMAGE_CREATE_INFO), .imageType = VK_IMAGE_TYPE_2D, .format = VK_FORMAT_R8G8B8A8_UNORM,
      .extent = {side, side, 1}, .mipLevels = 1, .arrayLayers = 1, .samples = VK_SAMPLE_COUNT_1_BIT,
      .tiling = VK_IMAGE_TILING_OPTIMAL, .usage = usage};
  TRY(vkCreateImage, device, &info, 0, image);
  VkMemoryRequirements needs;
  vkGetImageMemoryRequirements(device, *image, &needs);
  TRY(vkBindImageMemory, device, *image, make_memory(needs, 0), 0);
  VkImageViewCreateInfo view_info = {
      INFO(IMAGE_VIEW_CREATE_INFO), .image = *image, .viewType = VK_IMAGE_VIEW_TYPE_2D,
      .format = VK_FORMAT_R8G8B8A8_UNORM, .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1}};
  VkImageView view;
  TRY(vkCreateImageView, device, &view_info, 0, &view);
  return view;
}

static void begin(void) {
  VkCommandBufferBeginInfo info = {
      INFO(COMMAND_BUFFER_BEGIN_INFO), .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
  TRY(vkBeginCommandBuffer, commands, &info);
}

static void submit(void) {
  TRY(vkEndCommandBuffer, commands);
  VkSubmitInfo info = {INFO(SUBMIT_INFO), .commandBufferCount = 1, .pCommandBuffers = &commands};
  TRY(vkQueueSubmit, queue, 1, &info, fence);
  // As long as it takes: the deadline is an alarm's, which ends what hangs in any other call, too.
  TRY(vkWaitForFences, device, 1, &fence, VK_TRUE, UINT64_MAX);
  TRY(vkResetFences, device, 1, &fence);
}

static void wait_for(VkPipelineStageFlags before, VkAccessFlags written, VkPipelineStageFlags after, VkAccessFlags read) {
  VkMemoryBarrier barrier = {INFO(MEMORY_BARRIER), .srcAccessMask = written, .dstAccessMask = read};
  vkCmdPipelineBarrier(commands, before, after, 0, 1, &barrier, 0, 0, 0, 0);
}

static VkImage picture;
static VkRenderPass first_pass, next_pass;
static VkFramebuffer framebuffer;

// clear: over a dark ground; load: over what was drawn before.
static VkRenderPass make_pass(VkAttachmentLoadOp load, VkImageLayout before) {
  VkAttachmentDescription attachment = {
      .format = VK_FORMAT_R8G8B8A8_UNORM, .samples = VK_SAMPLE_COUNT_1_BIT, .loadOp = load,
      .storeOp = VK_ATTACHMENT_STORE_OP_STORE, .stencilLoadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE,
      .stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE, .initialLayout = before,
      .finalLayout = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL};
  VkAttachmentReference reference = {0, VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL};
  VkSubpassDescription subpass = {.colorAttachmentCount = 1, .pColorAttachments = &reference};
  const VkPipelineStageFlags drawing = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT;
  const VkAccessFlags both = VK_ACCESS_COLOR_ATTACHMENT_READ_BIT | VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT;
  VkSubpassDependency dependencies[] = {
      {VK_SUBPASS_EXTERNAL, 0, drawing, drawing, VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT, both, 0},
      {0, VK_SUBPASS_EXTERNAL, drawing, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT,
       VK_ACCESS_TRANSFER_READ_BIT, 0}};
  VkRenderPassCreateInfo info = {
      INFO(RENDER_PASS_CREATE_INFO), .attachmentCount = 1, .pAttachments = &attachment, .subpassCount = 1,
      .pSubpasses = &subpass, .dependencyCount = 2, .pDependencies = dependencies};
  VkRenderPass pass;
  TRY(vkCreateRenderPass, device, &info, 0, &pass);
  return pass;
}

static void make_picture(void) {
  VkImageView view =
      make_image(SIDE, VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT, &picture);
  first_pass = make_pass(VK_ATTACHMENT_LOAD_OP_CLEAR, VK_IMAGE_LAYOUT_UNDEFINED);
  next_pass = make_pass(VK_ATTACHMENT_LOAD_OP_LOAD, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
  VkFramebufferCreateInfo info = {
      INFO(FRAMEBUFFER_CREATE_INFO), .renderPass = first_pass, .attachmentCount = 1, .pAttachments = &view,
      .width = SIDE, .height = SIDE, .layers = 1};
  TRY(vkCreateFramebuffer, device, &info, 0, &framebuffer);
}

static void begin_pass(VkRenderPass pass, VkPipeline pipeline) {
  VkClearValue ground = {.color = {.float32 = {32 / 255.f, 32 / 255.f, 64 / 255.f, 1}}};
  VkRenderPassBeginInfo info = {
      INFO(RENDER_PASS_BEGIN_INFO), .renderPass = pass, .framebuffer = framebuffer,
      .renderArea = {.extent = {SIDE, SIDE}}, .clearValueCount = 1, .pClearValues = &ground};
  vkCmdBeginRenderPass(commands, &info, VK_SUBPASS_CONTENTS_INLINE);
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, pipeline);
}

// Three letters of base64 for each pixel's red, green and blue would be four: the lines hold one row each.
static void tell_picture(const uint8_t *pixels) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (uint32_t row = 0; row < SIDE; row++) {
    text("row ");
    for (uint32_t column = 0; column < SIDE; column++, pixels += 4) {
      uint32_t colour = pixels[0] << 16 | pixels[1] << 8 | pixels[2];
      for (int shift = 18; shift >= 0; shift -= 6) line[used++] = letters[colour >> shift & 63];
    }
    end_line();
  }
}

// Into mapped memory, as the end of what is being recorded; then all of it is done, and told.
static void read_back(void) {
  void *pixels;
  VkBuffer buffer = make_buffer(PIXELS * 4, VK_BUFFER_USAGE_TRANSFER_DST_BIT, &pixels);
  VkBufferImageCopy whole = {
      .imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1}, .imageExtent = {SIDE, SIDE, 1}};
  vkCmdCopyImageToBuffer(commands, picture, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, buffer, 1, &whole);
  wait_for(VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT, VK_PIPELINE_STAGE_HOST_BIT,
           VK_ACCESS_HOST_READ_BIT);
  step("vkWaitForFences");
  submit();
  step("drawn");
  tell_picture(pixels);
}
