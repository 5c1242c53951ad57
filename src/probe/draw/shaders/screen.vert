#version 450
// One triangle that covers the picture.
void main() { gl_Position = vec4(ivec2(gl_VertexIndex << 1 & 2, gl_VertexIndex & 2) * 2 - 1, 0, 1); }
