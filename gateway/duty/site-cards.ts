import type { SiteCard } from '../../config/cards.ts';
import type { CardView } from '../api/context.ts';
import type { Language } from '../notify/people.ts';
import { compareLevels, type Level, type Watch } from '../rules/finding.ts';

/** An alarm, or what an event says of one. */
interface Carded {
  readonly watch: Pick<Watch, 'device' | 'point' | 'rule'>;
  readonly level: Level | null;
  readonly response?: { readonly level: Level } | undefined;
}

/** The cards of an alarm's point and level (处置卡). One that is normal again has those of the level that it had. */
export function cardsOf(cards: readonly SiteCard[], { watch, level, response }: Carded): readonly CardView[] {
  const highest = level ?? response?.level ?? null;
  return cards
    .filter(({ points, rules, from }) => {
      const isOf = points.includes(`${watch.device}/${watch.point}`) && (rules?.includes(watch.rule) ?? true);
      return isOf && compareLevels(highest, from) >= 0;
    })
    .map(({ id, title, close, pump, detour, steps }) => ({
      id,
      title,
      lines: [
        ...(close === undefined ? [] : [{ what: 'close' as const, text: close }]),
        ...(pump === undefined ? [] : [{ what: 'pump' as const, text: pump }]),
        ...(detour === undefined ? [] : [{ what: 'detour' as const, text: detour }]),
        ...steps.map((text) => ({ what: 'step' as const, text })),
      ],
    }));
}

const WHAT = {
  close: { zh: '封闭', en: 'Close' },
  pump: { zh: '泵车', en: 'Pump' },
  detour: { zh: '绕行', en: 'Detour' },
} as const;

/** A card's lines as a message says them. */
export const cardLines = (cards: readonly CardView[], language: Language): readonly string[] =>
  cards.flatMap(({ lines }) =>
    lines.map(({ what, text }) =>
      what === 'step' ? text[language] : `${WHAT[what][language]}${language === 'zh' ? '：' : ': '}${text[language]}`,
    ),
  );
