#version 450
layout(set = 0, binding = 0) uniform sampler2D tiles;
layout(location = 0) out vec4 pixel;
void main() { pixel = texture(tiles, gl_FragCoord.xy / 80); }
