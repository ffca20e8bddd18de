/** What an image is built for, or a host is: in the words of image indexes. */
export interface Platform {
  /** `linux`. */
  readonly os: string;
  /** `amd64`, `arm64`. */
  readonly architecture: string;
  /** `v7` of `arm`. */
  readonly variant?: string;
}

/**
 * Whether an image for one platform runs on a host of another without emulation. An image needs at least its variant of `arm` and `arm64`
 * (OCI image index, "Platform Variants"); those of other architectures no Engine tells of its host. What is not known does not speak against it.
 */
export function runsOn(image: Platform, host: Platform): boolean {
  if (!isAlike(image.os, host.os) || !isAlike(image.architecture, host.architecture)) return false;
  if (!image.architecture.startsWith('arm')) return true;
  return !(variantNumber(image) > variantNumber(host));
}

/** Not a number where there is no variant. */
const variantNumber = ({ variant }: Platform): number => Number(variant?.replace(/^v/, ''));

const isAlike = (one: string, other: string): boolean => one === '' || other === '' || one === other;

/** `linux/arm/v7`. */
export const formatPlatform = ({ os, architecture, variant }: Platform): string =>
  [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
