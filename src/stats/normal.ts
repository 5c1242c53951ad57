// The normal distribution and Student's t, to about 1e-14 relative: tail areas and quantiles.

/** P(Z > z). */
export function normalUpper(z: number): number {
  if (Number.isNaN(z)) return Number.NaN;
  return z < 0 ? 1 - normalUpper(-z) : z < 3 ? 0.5 - centralArea(z) : tailArea(z);
}

/** z with P(Z > z) = probability. */
export function normalUpperQuantile(probability: number): number {
  if (probability <= 0) return Number.POSITIVE_INFINITY;
  if (probability >= 1) return Number.NEGATIVE_INFINITY;
  if (probability > 0.5) return -normalUpperQuantile(1 - probability);
  // Abramowitz and Stegun 26.2.23 as a start, then Halley's method.
  const t = Math.sqrt(-2 * Math.log(probability));
  let z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  for (let step = 0; step < 3; step += 1) {
    const error = (normalUpper(z) - probability) / normalDensity(z);
    z += error / (1 - (z * error) / 2);
  }
  return z;
}

const rootOfTwoPi = Math.sqrt(2 * Math.PI);
export const normalDensity = (z: number): number => Math.exp((-z * z) / 2) / rootOfTwoPi;

/** P(T > t) for Student's t. */
export function studentUpper(t: number, degrees: number): number {
  const half = incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2;
  return t >= 0 ? half : 1 - half;
}

/** t with P(T > t) = probability, for probabilities up to one half. */
export function studentUpperQuantile(probability: number, degrees: number): number {
  if (probability >= 0.5) return 0;
  if (probability <= 0) return Number.POSITIVE_INFINITY;
  const half = degrees / 2;
  const scale = logGamma(half + 0.5) - logGamma(half) - Math.log(degrees * Math.PI) / 2;
  let t = normalUpperQuantile(probability);
  // Newton's method on logarithms, where a tail is nearly straight for few degrees and bends one way for many.
  for (let step = 0; step < 50; step += 1) {
    const upper = Math.log(studentUpper(t, degrees));
    const density = scale - (half + 0.5) * Math.log1p((t * t) / degrees);
    const move = (upper - Math.log(probability)) * Math.exp(upper - density - Math.log(t));
    t *= Math.exp(move);
    if (Math.abs(move) < 1e-13) break;
  }
  return t;
}

/** P(X > z and Y > z) of two standard normals with correlation rho >= 0, by integrating over the correlation (Plackett 1954). */
export function jointNormalUpper(z: number, rho: number): number {
  const steps = 32;
  // With r = sin(a) the singularity at r = 1 is gone.
  const end = Math.asin(Math.min(1, Math.max(0, rho)));
  let sum = 0;
  for (let step = 0; step <= steps; step += 1) {
    const weight = step === 0 || step === steps ? 1 : step % 2 === 1 ? 4 : 2;
    sum += weight * Math.exp((-z * z) / (1 + Math.sin((end * step) / steps)));
  }
  return normalUpper(z) ** 2 + (sum * end) / (3 * steps) / (2 * Math.PI);
}

/** Area between 0 and z by a series of positive terms. */
function centralArea(z: number): number {
  let term = z;
  let sum = z;
  for (let k = 1; term > sum * 1e-17; k += 1) {
    term *= (z * z) / (2 * k + 1);
    sum += term;
  }
  return sum * normalDensity(z);
}

/** Laplace's continued fraction for the tail, evaluated from its far end. */
function tailArea(z: number): number {
  let fraction = z;
  for (let k = 80; k >= 1; k -= 1) fraction = z + k / fraction;
  return normalDensity(z) / fraction;
}

/** Regularized incomplete beta function by its continued fraction (modified Lentz). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x)) / a;
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1));
  let product = d;
  for (let m = 1; m < 500; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    product *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    product *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return front * product;
}

/** log of the gamma function for x > 0 (Stirling's series after shifting x upwards). */
export function logGamma(x: number): number {
  let shift = 0;
  let y = x;
  while (y < 10) {
    shift += Math.log(y);
    y += 1;
  }
  const r = 1 / (y * y);
  const series = 1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - (r * 691) / 360360))));
  return (y - 0.5) * Math.log(y) - y + Math.log(2 * Math.PI) / 2 + series / y - shift;
}
