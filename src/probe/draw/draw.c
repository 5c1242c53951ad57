// draw NAME SECONDS: draws one picture with Vulkan, out of sight, and tells its pixels. Each kind of work that has failed somewhere is a
// drawing of its own, run as a process of its own, so that the one that is wrong or hangs is named.
// Exit status: 0 drawn, 1 a call failed, 3 no drawing of that name; SIGALRM ends it after that many seconds.
#include "../dispatch/program.h"
#include "canvas.h"
#include "pipeline.h"

unsigned alarm(unsigned);

static VkShaderModule triangle_shader(void) { return make_module(CODE(triangle_frag)); }

static void triangle_with(VkPipelineLayout layout) {
  VkPipeline pipeline = make_pipeline(layout, make_module(CODE(triangle_vert)), triangle_shader());
  begin();
  begin_pass(first_pass, pipeline);
  draw_into(whole_picture);
  vkCmdEndRenderPass(commands);
}

static void draw_triangle(void) {
  triangle_with(make_layout(VK_NULL_HANDLE));
  read_back();
}

static void fill_screen(VkPipelineLayout layout, VkShaderModule fragment, VkDescriptorSet set) {
  VkPipeline pipeline = make_pipeline(layout, make_module(CODE(screen_vert)), fragment);
  begin_pass(first_pass, pipeline);
  if (set) vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, layout, 0, 1, &set, 0, 0);
  draw_into(whole_picture);
  vkCmdEndRenderPass(commands);
}

static VkBuffer make_bars(void) {
  static const float colours[4][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 1, 0}};
  void *mapped;
  VkBuffer buffer = make_buffer(64, VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT, &mapped);
  float *bars = mapped;
  for (int bar = 0; bar < 4; bar++)
    for (int channel = 0; channel < 4; channel++) bars[bar * 4 + channel] = channel < 3 ? colours[bar][channel] : 1;
  return buffer;
}

static void draw_uniform(void) {
  VkDescriptorSetLayout set_layout = make_set_layout(VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER);
  VkDescriptorSet set = make_uniform_set(set_layout, make_bars());
  begin();
  fill_screen(make_layout(set_layout), make_module(CODE(uniform_frag)), set);
  read_back();
}

// The shader reads no uniform buffer, but the layout has one, and a set with a buffer in it is there, which nobody binds.
static void draw_unbound_uniform(void) {
  VkDescriptorSetLayout set_layout = make_set_layout(VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER);
  make_uniform_set(set_layout, make_bars());
  triangle_with(make_layout(set_layout));
  read_back();
}

enum { TILES = 16 };

static void move_image(VkImage image, VkImageLayout before, VkImageLayout after, VkPipelineStageFlags first,
                       VkAccessFlags written, VkPipelineStageFlags then, VkAccessFlags read) {
  VkImageMemoryBarrier barrier = {
      INFO(IMAGE_MEMORY_BARRIER), .srcAccessMask = written, .dstAccessMask = read, .oldLayout = before,
      .newLayout = after, .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
      .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED, .image = image,
      .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1}};
  vkCmdPipelineBarrier(commands, first, then, 0, 0, 0, 0, 0, 1, &barrier);
}

static void upload_tiles(VkImage image) {
  void *mapped;
  VkBuffer buffer = make_buffer(TILES * TILES * 4, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, &mapped);
  uint8_t *tile = mapped;
  for (int y = 0; y < TILES; y++)
    for (int x = 0; x < TILES; x++, tile += 4) {
      tile[0] = x * 17;
      tile[1] = y * 17;
      tile[2] = (x ^ y) & 1 ? 255 : 0;
      tile[3] = 255;
    }
  move_image(image, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT,
             0, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT);
  VkBufferImageCopy whole = {
      .imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1}, .imageExtent = {TILES, TILES, 1}};
  vkCmdCopyBufferToImage(commands, buffer, image, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &whole);
  move_image(image, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL,
             VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT, VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT,
             VK_ACCESS_SHADER_READ_BIT);
}

static void draw_texture(void) {
  VkImage image;
  VkDescriptorImageInfo place = {.imageLayout = VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL};
  place.imageView = make_image(TILES, VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT, &image);
  VkSamplerCreateInfo nearest = {INFO(SAMPLER_CREATE_INFO)};
  TRY(vkCreateSampler, device, &nearest, 0, &place.sampler);
  VkDescriptorSetLayout set_layout = make_set_layout(VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER);
  VkDescriptorSet set = make_set(set_layout, (VkWriteDescriptorSet){
      .descriptorType = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, .pImageInfo = &place});
  begin();
  upload_tiles(image);
  fill_screen(make_layout(set_layout), make_module(CODE(texture_frag)), set);
  read_back();
}

// The first frame is done before the second one's shaders are compiled.
static void draw_late_pipeline(void) {
  VkPipelineLayout layout = make_layout(VK_NULL_HANDLE);
  triangle_with(layout);
  submit();
  step("late");
  begin();
  fill_screen(layout, make_module(CODE(carpet_frag)), VK_NULL_HANDLE);
  read_back();
}

enum { FRAMES = 100, CELL = 8, CELLS = SIDE / CELL };

// Each frame draws one cell over the frames before, and is waited for.
static void draw_frames(void) {
  VkPipelineLayout layout = make_layout(VK_NULL_HANDLE);
  VkPipeline pipeline = make_pipeline(layout, make_module(CODE(screen_vert)), make_module(CODE(flat_frag)));
  uint32_t took_us[FRAMES];
  step("frames");
  for (int frame = 0; frame < FRAMES; frame++) {
    uint64_t began_us = now_us();
    int x = frame % CELLS, y = frame / CELLS;
    float colour[4] = {x * 25 / 255.f, y * 25 / 255.f, 128 / 255.f, 1};
    begin();
    begin_pass(frame == 0 ? first_pass : next_pass, pipeline);
    vkCmdPushConstants(commands, layout, VK_SHADER_STAGE_FRAGMENT_BIT, 0, sizeof colour, colour);
    draw_into((VkRect2D){{x * CELL, y * CELL}, {CELL, CELL}});
    vkCmdEndRenderPass(commands);
    submit();
    took_us[frame] = now_us() - began_us;
  }
  text("frames");
  for (int frame = 0; frame < FRAMES; frame++) {
    if (frame == FRAMES / 2) end_line(), text("frames");
    text(" ");
    number(took_us[frame]);
  }
  end_line();
  begin();
  read_back();
}

enum { MIB = 1 << 20, SWAPPED = 64 * MIB, HALF = SWAPPED / 2, WORDS = SWAPPED / 4 };

static uint32_t word_at(uint32_t index) { return index * 2654435761u ^ 0x5bd1e995; }

static void copy(VkBuffer from, VkDeviceSize from_offset, VkBuffer to, VkDeviceSize to_offset) {
  VkBufferCopy half = {from_offset, to_offset, HALF};
  vkCmdCopyBuffer(commands, from, to, 1, &half);
  wait_for(VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT,
           VK_PIPELINE_STAGE_TRANSFER_BIT | VK_PIPELINE_STAGE_HOST_BIT,
           VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_HOST_READ_BIT);
}

// The device swaps the halves of mapped memory. The picture has a pixel for each part of it: green where it arrived.
static void draw_swap(void) {
  void *mapped;
  const VkBufferUsageFlags both = VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  VkBuffer memory = make_buffer(SWAPPED, both, &mapped);
  VkBuffer aside = make_buffer(HALF, both, 0);
  volatile uint32_t *words = mapped;
  step("write");
  uint64_t began_us = now_us();
  for (uint32_t index = 0; index < WORDS; index++) words[index] = word_at(index);
  begin();
  copy(memory, 0, aside, 0);
  copy(memory, HALF, memory, 0);
  copy(aside, 0, memory, HALF);
  step("vkWaitForFences");
  submit();
  uint64_t took_us = now_us() - began_us;
  step("compare");
  static uint8_t pixels[PIXELS * 4];
  for (uint32_t pixel = 0; pixel < PIXELS; pixel++) pixels[pixel * 4 + 1] = 255;
  for (uint32_t index = 0; index < WORDS; index++) {
    if (words[index] == word_at(index ^ WORDS / 2)) continue;
    uint8_t *part = &pixels[(uint64_t)index * PIXELS / WORDS * 4];
    part[0] = 255;
    part[1] = 0;
  }
  text("swapped ");
  number(SWAPPED / MIB);
  text(" ");
  number(took_us);
  end_line();
  step("drawn");
  tell_picture(pixels);
}

static const struct { const char *name; void (*draw)(void); } drawings[] = {
    {"triangle", draw_triangle}, {"uniform", draw_uniform}, {"unbound-uniform", draw_unbound_uniform},
    {"texture", draw_texture}, {"late-pipeline", draw_late_pipeline}, {"frames", draw_frames}, {"swap", draw_swap}};

static int is_same(const char *one, const char *other) {
  while (*one && *one == *other) one++, other++;
  return *one == *other;
}

static int run(int count, char **arguments) {
  unsigned seconds = 0;
  for (const char *digit = count > 2 ? arguments[2] : ""; *digit >= '0' && *digit <= '9'; digit++)
    seconds = seconds * 10 + (*digit - '0');
  alarm(seconds ? seconds : 20);
  for (unsigned index = 0; count > 1 && index < sizeof drawings / sizeof *drawings; index++)
    if (is_same(arguments[1], drawings[index].name)) {
      open_device();
      make_picture();
      drawings[index].draw();
      return 0;
    }
  return 3;
}
