/** What a night's sounds weigh more than a day's, dB. */
const NIGHT_PENALTY = 10;

/**
 * The day-night level of Ld and Ln in dB(A): 10·log10((16·10^(Ld/10) + 8·10^((Ln+10)/10)) / 24) where the day has 16 h and
 * the night 8. The form is unverified against the text of a standard.
 */
export function dayNightLevel(ld: number, ln: number, dayMs: number, nightMs: number): number {
  const energy = dayMs * 10 ** (ld / 10) + nightMs * 10 ** ((ln + NIGHT_PENALTY) / 10);
  return 10 * Math.log10(energy / (dayMs + nightMs));
}
