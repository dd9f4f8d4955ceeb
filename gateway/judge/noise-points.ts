/** Tells the points whose values are levels in decibels, in the site as it is at the time of asking. */
export function noisePointsOf(
  current: () => { readonly points: readonly { readonly key: string; readonly quantity: string }[] },
): (point: string) => boolean {
  let seen: ReturnType<typeof current> | undefined;
  let keys = new Set<string>();
  return (point) => {
    const site = current();
    if (site !== seen) {
      keys = new Set(site.points.filter(({ quantity }) => quantity.startsWith('noise.')).map(({ key }) => key));
      seen = site;
    }
    return keys.has(point);
  };
}
