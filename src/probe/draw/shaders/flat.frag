#version 450
layout(push_constant) uniform Constants { vec4 colour; };
layout(location = 0) out vec4 pixel;
void main() { pixel = colour; }
