#version 450
layout(std140, set = 0, binding = 0) uniform Bars { vec4 bars[4]; };
layout(location = 0) out vec4 pixel;
void main() { pixel = bars[int(gl_FragCoord.x) / 20]; }
