import type { LinkStep, LinkView } from './link-desk.ts';

const WORDS = {
  zh: {
    lang: 'zh-CN',
    accept: '接单',
    refuse: '退单',
    arrive: '已到场',
    resolve: '已处置',
    note: '说明（退单须写原因）',
    done: '已记录。',
    refused: '未能记录：',
    nothing: '目前没有需要您回执的步骤。',
    gone: '此链接已失效，请联系值班室。',
    todo: '处置卡',
  },
  en: {
    lang: 'en',
    accept: 'Accept',
    refuse: 'Refuse',
    arrive: 'On scene',
    resolve: 'Dealt with',
    note: 'Note (say why you refuse)',
    done: 'Recorded.',
    refused: 'Not recorded: ',
    nothing: 'Nothing is asked of you now.',
    gone: 'This link is used up or too old. Ask the duty desk.',
    todo: 'What to do',
  },
} as const;

const STYLE =
  'body{font:18px/1.5 system-ui,sans-serif;margin:0 auto;max-width:34rem;padding:1rem;color:#1a1a1a;background:#fff}' +
  'button{font:inherit;width:100%;padding:.8rem;margin:.3rem 0;border:1px solid #555;border-radius:.4rem;background:#f2f2f2}' +
  'button[value=resolve],button[value=arrive]{background:#0b5cad;color:#fff;border-color:#0b5cad}' +
  'textarea{font:inherit;width:100%;box-sizing:border-box}p.said{border-left:.3rem solid #0b5cad;padding-left:.6rem}';

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

const page = (lang: string, title: string, body: string): string =>
  `<!doctype html><html lang="${lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">` +
  `<meta name="robots" content="noindex"><title>${escaped(title)}</title><style>${STYLE}</style><main>${body}</main></html>`;

/** The page of a link: what there is to know, and a button for each step. It works without a script. */
export function linkPage(view: LinkView, said: { readonly isDone: boolean; readonly reason: string } | null): string {
  const words = WORDS[view.language];
  const button = (step: LinkStep) => `<button name="step" value="${step}">${words[step]}</button>`;
  const told =
    said === null
      ? ''
      : `<p class="said" role="status">${escaped(said.isDone ? words.done : `${words.refused}${said.reason}`)}</p>`;
  const card =
    view.card.length === 0
      ? ''
      : `<h2>${words.todo}</h2><ul>${view.card.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul>`;
  const form =
    view.steps.length === 0
      ? `<p>${words.nothing}</p>`
      : `<form method="post"><label>${words.note}<textarea name="note" rows="3" maxlength="1000"></textarea></label>${view.steps.map(button).join('')}</form>`;
  return page(
    words.lang,
    view.title,
    `<h1>${escaped(view.title)}</h1><p>${escaped(view.text)}</p>${told}${card}${form}`,
  );
}

/** In both languages: nobody knows who opens it. */
export const goneLinkPage = (): string =>
  page('zh-CN', '更夫 Gengfu', `<p>${WORDS.zh.gone}</p><p lang="en">${WORDS.en.gone}</p>`);
