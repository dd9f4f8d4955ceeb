import type { CardView } from '../../api/context.ts';
import { useWords } from '../words/words.ts';

/** What to do about an alarm, as the site's cards say it (处置卡): who closes, where the pump stands, the detour. */
export function Cards({ cards }: { readonly cards: readonly CardView[] }) {
  const { say, language } = useWords();
  return cards.map(({ id, title, lines }) => (
    <section key={id} className="todo-card">
      <h4>{title[language]}</h4>
      <ol>
        {lines.map(({ what, text }) => (
          <li key={`${what} ${text.zh}`}>
            <span className="todo-what">{say(`card.${what}`)}</span> {text[language]}
          </li>
        ))}
      </ol>
    </section>
  ));
}
