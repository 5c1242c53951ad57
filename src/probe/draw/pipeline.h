// Shaders, and what they are given: one set of descriptors with a single binding, sixteen bytes of constants.
#include "shaders.h"

#define CODE(name) name, sizeof name

static VkShaderModule make_module(const uint32_t *code, uint64_t size) {
  VkShaderModuleCreateInfo info = {INFO(SHADER_MODULE_CREATE_INFO), .codeSize = size, .pCode = code};
  VkShaderModule module;
  TRY(vkCreateShaderModule, device, &info, 0, &module);
  return module;
}

static VkDescriptorSetLayout make_set_layout(VkDescriptorType type) {
  VkDescriptorSetLayoutBinding binding = {
      .descriptorType = type, .descriptorCount = 1, .stageFlags = VK_SHADER_STAGE_FRAGMENT_BIT};
  VkDescriptorSetLayoutCreateInfo info = {
      INFO(DESCRIPTOR_SET_LAYOUT_CREATE_INFO), .bindingCount = 1, .pBindings = &binding};
  VkDescriptorSetLayout layout;
  TRY(vkCreateDescriptorSetLayout, device, &info, 0, &layout);
  return layout;
}

static VkDescriptorSet make_set(VkDescriptorSetLayout layout, VkWriteDescriptorSet content) {
  VkDescriptorPoolSize size = {content.descriptorType, 1};
  VkDescriptorPoolCreateInfo pool_info = {
      INFO(DESCRIPTOR_POOL_CREATE_INFO), .maxSets = 1, .poolSizeCount = 1, .pPoolSizes = &size};
  VkDescriptorPool pool;
  TRY(vkCreateDescriptorPool, device, &pool_info, 0, &pool);
  VkDescriptorSetAllocateInfo info = {
      INFO(DESCRIPTOR_SET_ALLOCATE_INFO), .descriptorPool = pool, .descriptorSetCount = 1, .pSetLayouts = &layout};
  VkDescriptorSet set;
  TRY(vkAllocateDescriptorSets, device, &info, &set);
  content.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
  content.dstSet = set;
  content.descriptorCount = 1;
  vkUpdateDescriptorSets(device, 1, &content, 0, 0);
  return set;
}

static VkDescriptorSet make_uniform_set(VkDescriptorSetLayout layout, VkBuffer buffer) {
  VkDescriptorBufferInfo place = {buffer, 0, VK_WHOLE_SIZE};
  return make_set(layout, (VkWriteDescriptorSet){.descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER, .pBufferInfo = &place});
}

// set_layout: null where the shaders are given nothing.
static VkPipelineLayout make_layout(VkDescriptorSetLayout set_layout) {
  VkPushConstantRange constants = {VK_SHADER_STAGE_FRAGMENT_BIT, 0, 16};
  VkPipelineLayoutCreateInfo info = {
      INFO(PIPELINE_LAYOUT_CREATE_INFO), .setLayoutCount = set_layout ? 1 : 0, .pSetLayouts = &set_layout,
      .pushConstantRangeCount = 1, .pPushConstantRanges = &constants};
  VkPipelineLayout layout;
  TRY(vkCreatePipelineLayout, device, &info, 0, &layout);
  return layout;
}

static VkPipeline make_pipeline(VkPipelineLayout layout, VkShaderModule vertex, VkShaderModule fragment) {
  VkPipelineShaderStageCreateInfo stages[] = {
      {INFO(PIPELINE_SHADER_STAGE_CREATE_INFO), .stage = VK_SHADER_STAGE_VERTEX_BIT, .module = vertex, .pName = "main"},
      {INFO(PIPELINE_SHADER_STAGE_CREATE_INFO), .stage = VK_SHADER_STAGE_FRAGMENT_BIT, .module = fragment,
       .pName = "main"}};
  VkPipelineVertexInputStateCreateInfo input = {INFO(PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO)};
  VkPipelineInputAssemblyStateCreateInfo assembly = {
      INFO(PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO), .topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST};
  VkViewport viewport = {0, 0, SIDE, SIDE, 0, 1};
  VkRect2D whole = {.extent = {SIDE, SIDE}};
  VkPipelineViewportStateCreateInfo view = {
      INFO(PIPELINE_VIEWPORT_STATE_CREATE_INFO), .viewportCount = 1, .pViewports = &viewport, .scissorCount = 1,
      .pScissors = &whole};
  VkPipelineRasterizationStateCreateInfo raster = {INFO(PIPELINE_RASTERIZATION_STATE_CREATE_INFO), .lineWidth = 1};
  VkPipelineMultisampleStateCreateInfo samples = {
      INFO(PIPELINE_MULTISAMPLE_STATE_CREATE_INFO), .rasterizationSamples = VK_SAMPLE_COUNT_1_BIT};
  VkPipelineColorBlendAttachmentState plain = {.colorWriteMask = 15};
  VkPipelineColorBlendStateCreateInfo blend = {
      INFO(PIPELINE_COLOR_BLEND_STATE_CREATE_INFO), .attachmentCount = 1, .pAttachments = &plain};
  VkDynamicState scissor = VK_DYNAMIC_STATE_SCISSOR;
  VkPipelineDynamicStateCreateInfo dynamic = {
      INFO(PIPELINE_DYNAMIC_STATE_CREATE_INFO), .dynamicStateCount = 1, .pDynamicStates = &scissor};
  VkGraphicsPipelineCreateInfo info = {
      INFO(GRAPHICS_PIPELINE_CREATE_INFO), .stageCount = 2, .pStages = stages, .pVertexInputState = &input,
      .pInputAssemblyState = &assembly, .pViewportState = &view, .pRasterizationState = &raster,
      .pMultisampleState = &samples, .pColorBlendState = &blend, .pDynamicState = &dynamic, .layout = layout,
      .renderPass = first_pass};
  step("vkCreateGraphicsPipelines");
  VkPipeline pipeline;
  TRY(vkCreateGraphicsPipelines, device, VK_NULL_HANDLE, 1, &info, 0, &pipeline);
  return pipeline;
}

static void draw_into(VkRect2D part) {
  vkCmdSetScissor(commands, 0, 1, &part);
  vkCmdDraw(commands, 3, 1, 0, 0);
}

static const VkRect2D whole_picture = {.extent = {SIDE, SIDE}};
