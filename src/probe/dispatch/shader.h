// The compute shader as SPIR-V 1.0, one instruction a line: v[i] = v[i] * 2654435761 + i, 64 invocations a group.
// Written by hand so that no shader compiler is needed; spirv-val accepts it.
#include <stdint.h>

#define OP(words, code) ((uint32_t)(words) << 16 | (code))
enum { MAIN = 1, VOID, SIGNATURE, UINT, VEC3, INPUT, ID, ARRAY, BLOCK, BLOCK_POINTER, VALUES, ZERO, FACTOR, UINT_POINTER,
       LABEL, GLOBAL, INDEX, PLACE, OLD, PRODUCT, SUM, BOUND };

static const uint32_t shader[] = {
  0x07230203, 0x00010000, 0, BOUND, 0,
  OP(2, 17), 1,                                   // Capability Shader
  OP(3, 14), 0, 1,                                // MemoryModel Logical GLSL450
  OP(6, 15), 5, MAIN, 0x6e69616d, 0, ID,          // EntryPoint GLCompute "main"
  OP(6, 16), MAIN, 17, 64, 1, 1,                  // ExecutionMode LocalSize 64 1 1
  OP(4, 71), ID, 11, 28,                          // Decorate BuiltIn GlobalInvocationId
  OP(4, 71), ARRAY, 6, 4,                         // Decorate ArrayStride 4
  OP(3, 71), BLOCK, 3,                            // Decorate BufferBlock
  OP(5, 72), BLOCK, 0, 35, 0,                     // MemberDecorate Offset 0
  OP(4, 71), VALUES, 34, 0,                       // Decorate DescriptorSet 0
  OP(4, 71), VALUES, 33, 0,                       // Decorate Binding 0
  OP(2, 19), VOID,                                // TypeVoid
  OP(3, 33), SIGNATURE, VOID,                     // TypeFunction
  OP(4, 21), UINT, 32, 0,                         // TypeInt 32 unsigned
  OP(4, 23), VEC3, UINT, 3,                       // TypeVector
  OP(4, 32), INPUT, 1, VEC3,                      // TypePointer Input
  OP(4, 59), INPUT, ID, 1,                        // Variable Input
  OP(3, 29), ARRAY, UINT,                         // TypeRuntimeArray
  OP(3, 30), BLOCK, ARRAY,                        // TypeStruct
  OP(4, 32), BLOCK_POINTER, 2, BLOCK,             // TypePointer Uniform
  OP(4, 59), BLOCK_POINTER, VALUES, 2,            // Variable Uniform
  OP(4, 43), UINT, ZERO, 0,                       // Constant
  OP(4, 43), UINT, FACTOR, 2654435761u,           // Constant
  OP(4, 32), UINT_POINTER, 2, UINT,               // TypePointer Uniform
  OP(5, 54), VOID, MAIN, 0, SIGNATURE,            // Function
  OP(2, 248), LABEL,
  OP(4, 61), VEC3, GLOBAL, ID,                    // Load
  OP(5, 81), UINT, INDEX, GLOBAL, 0,              // CompositeExtract
  OP(6, 65), UINT_POINTER, PLACE, VALUES, ZERO, INDEX,  // AccessChain
  OP(4, 61), UINT, OLD, PLACE,                    // Load
  OP(5, 132), UINT, PRODUCT, OLD, FACTOR,         // IMul
  OP(5, 128), UINT, SUM, PRODUCT, INDEX,          // IAdd
  OP(3, 62), PLACE, SUM,                          // Store
  OP(1, 253),                                     // Return
  OP(1, 56),                                      // FunctionEnd
};
