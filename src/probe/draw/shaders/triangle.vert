#version 450
// No edge passes near the centre of a pixel, so that every driver must fill the same pixels.
const vec2 corners[3] = vec2[](vec2(8, 8), vec2(72.5, 8), vec2(8, 72.5));
layout(location = 0) out vec3 colour;
void main() {
  gl_Position = vec4(corners[gl_VertexIndex] / 40 - 1, 0, 1);
  colour = vec3(gl_VertexIndex == 0, gl_VertexIndex == 1, gl_VertexIndex == 2);
}
