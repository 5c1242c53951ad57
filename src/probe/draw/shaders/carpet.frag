#version 450
// Sierpinski's carpet: a loop and a branch for the compiler, whole numbers for an exact answer.
layout(location = 0) out vec4 pixel;
void main() {
  uvec2 at = uvec2(gl_FragCoord.xy);
  int hole = 0;
  for (int size = 1; size <= 4; size++) {
    if (at.x % 3 == 1 && at.y % 3 == 1) hole = size;
    at /= 3;
  }
  pixel = vec4(hole * 51, 255 - hole * 51, 128, 255) / 255;
}
