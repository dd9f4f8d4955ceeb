import type { LinkEnd, LinkStep, LinkView } from './link-desk.ts';

const WORDS = {
  zh: {
    lang: 'zh-CN',
    accept: '接单',
    refuse: '退单',
    arrive: '已到场',
    resolve: '已处置',
    note: '说明（退单须写原因）',
    photo: '现场照片（选填，JPEG 或 PNG，最大 8 MB）',
    place: '提交时会请求您的位置，可以不允许。',
    placing: '正在获取位置…',
    sending: '正在提交…',
    done: '已记录。',
    refused: '未能记录：',
    nothing: '目前没有需要您回执的步骤。',
    replaced: '已改派他人，您无需再操作。',
    thanks: '已处置，感谢。',
    spot: '点位',
    todo: '处置卡',
    steps: '处置进度',
    stages: { dispatched: '已派单', accepted: '已接单', arrived: '已到场', resolved: '已处置' },
    why: '请写明退单原因',
    badPhoto: '照片不是 JPEG 或 PNG，请换一张，或不带照片提交',
    largePhoto: '照片超过 8 MB，请换一张小一些的，或不带照片提交',
    manyPhotos: '此告警的照片已满，请不带照片提交',
    busy: '上传的人太多，请稍候再试',
    ends: {
      unknown: '此链接无效。',
      expired: '此链接已过期。',
      closed: '此告警已关闭，您无需再操作。',
      nobody: '此链接无效。',
    },
    ask: '如有疑问，请联系值班室。',
  },
  en: {
    lang: 'en',
    accept: 'Accept',
    refuse: 'Refuse',
    arrive: 'On scene',
    resolve: 'Dealt with',
    note: 'Note (say why you refuse)',
    photo: 'Photo of the spot (optional, JPEG or PNG, at most 8 MB)',
    place: 'Your position is asked for when you submit; you may say no.',
    placing: 'Getting your position…',
    sending: 'Sending…',
    done: 'Recorded.',
    refused: 'Not recorded: ',
    nothing: 'Nothing is asked of you now.',
    replaced: 'Others were sent: nothing more is asked of you.',
    thanks: 'Dealt with. Thank you.',
    spot: 'Location',
    todo: 'What to do',
    steps: 'How far it is',
    stages: { dispatched: 'Dispatched', accepted: 'Accepted', arrived: 'On scene', resolved: 'Dealt with' },
    why: 'say why you refuse',
    badPhoto: 'the photo is neither JPEG nor PNG; take another one, or send none',
    largePhoto: 'the photo is larger than 8 MB; take a smaller one, or send none',
    manyPhotos: 'there are as many photos of this alarm as may be; send none',
    busy: 'too many are sending photos; try again in a moment',
    ends: {
      unknown: 'This link is not valid.',
      expired: 'This link is too old.',
      closed: 'This alarm is closed: nothing more is asked of you.',
      nobody: 'This link is not valid.',
    },
    ask: 'If in doubt, ask the duty desk.',
  },
} as const;

/** What went wrong with an answer, in the words of the page. */
export type LinkTrouble = 'why' | 'badPhoto' | 'largePhoto' | 'manyPhotos' | 'busy' | 'replaced' | 'nothing';
export const troubleWords = (language: LinkView['language'], trouble: LinkTrouble): string => WORDS[language][trouble];

const STYLE =
  ':root{color-scheme:light dark;--ink:#1a1a1a;--paper:#fff;--line:#6b7280;--blue:#0b5cad;--bad:#b3131b}' +
  '@media(prefers-color-scheme:dark){:root{--ink:#eee;--paper:#14181f;--line:#9aa3b2;--blue:#2f7fd6;--bad:#ff8a8f}}' +
  'body{font:18px/1.5 system-ui,sans-serif;margin:0 auto;max-width:34rem;padding:1rem;color:var(--ink);background:var(--paper);overflow-wrap:anywhere}' +
  'h1{font-size:1.35rem;line-height:1.3}h2{font-size:1.1rem}label{display:block;margin:.8rem 0}small{color:var(--line)}' +
  'button{font:inherit;width:100%;min-height:3.2rem;margin:.3rem 0;border:1px solid var(--line);border-radius:.4rem;background:transparent;color:inherit}' +
  'button.next{background:var(--blue);color:#fff;border-color:var(--blue);font-weight:600}button:disabled{opacity:.5}' +
  'button:focus-visible,a:focus-visible,textarea:focus-visible,input:focus-visible{outline:3px solid var(--blue);outline-offset:2px}' +
  'textarea,input{font:inherit;width:100%;box-sizing:border-box;color:inherit;background:transparent}' +
  '.said{border-left:.3rem solid var(--blue);padding-left:.6rem}.said.bad{border-color:var(--bad);color:var(--bad)}' +
  'ol.steps{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem .9rem;padding:0}.steps .open{color:var(--line)}a{color:var(--blue)}';

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

const page = (lang: string, title: string, body: string): string =>
  `<!doctype html><html lang="${lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">` +
  `<link rel="icon" href="data:,"><meta name="robots" content="noindex"><meta name="format-detection" content="telephone=no"><title>${escaped(title)}</title>` +
  `<style>${STYLE}</style><main>${body}</main></html>`;

const STAGES = ['dispatched', 'accepted', 'arrived', 'resolved'] as const;
/** What stands out among the buttons: the next natural step. */
const NEXT: readonly LinkStep[] = ['accept', 'arrive', 'resolve'];

function stepsLine({ stage, language }: LinkView): string {
  const words = WORDS[language];
  const at = STAGES.findIndex((each) => each === (stage === 'verified' ? 'resolved' : stage));
  if (at < 0) return '';
  const items = STAGES.map((each, n) =>
    n <= at
      ? `<li${n === at ? ' aria-current="step"' : ''}>✓ ${words.stages[each]}</li>`
      : `<li class="open">${words.stages[each]}</li>`,
  );
  return `<ol class="steps" aria-label="${words.steps}">${items.join('')}</ol>`;
}

function placeLine({ alarm, language }: LinkView): string {
  const { at } = alarm.watch.place;
  if (at === null) return '';
  const [longitude, latitude] = at;
  // A phone opens it in its own map (RFC 5870: WGS 84, the latitude first); no page of others is asked.
  return `<p>${WORDS[language].spot} <a href="geo:${latitude},${longitude}">${longitude}, ${latitude}</a> <small>WGS84</small></p>`;
}

function formOf(view: LinkView, note: string): string {
  const words = WORDS[view.language];
  const { steps, isReplaced, stage } = view;
  if (steps.length === 0) {
    const isOver = stage === 'resolved' || stage === 'verified';
    return `<p>${isOver ? words.thanks : isReplaced ? words.replaced : words.nothing}</p>`;
  }
  const next = NEXT.find((step) => steps.includes(step));
  const button = (step: LinkStep) =>
    `<button name="step" value="${step}"${step === next ? ' class="next"' : ''}>${words[step]}</button>`;
  return (
    `<form method="post" enctype="multipart/form-data" data-placing="${words.placing}" data-sending="${words.sending}">` +
    `<label>${words.note}<textarea name="note" rows="3" maxlength="1000">${escaped(note)}</textarea></label>` +
    `<label>${words.photo}<input type="file" name="photo" accept="image/jpeg,image/png"></label>` +
    `<input type="hidden" name="at"><p class="said" id="busy" role="status" hidden></p>${steps.map(button).join('')}` +
    `<p><small>${words.place}</small></p></form><script src="/r/page.js" defer></script>`
  );
}

/** The page of a link: what there is to know, and a button for each step. It works without a script; `note`: what was written already. */
export function linkPage(
  view: LinkView,
  said: { readonly isDone: boolean; readonly reason: string } | null,
  note = '',
): string {
  const words = WORDS[view.language];
  const told =
    said === null
      ? ''
      : `<p class="said${said.isDone ? '' : ' bad'}" role="${said.isDone ? 'status' : 'alert'}">${escaped(said.isDone ? words.done : `${words.refused}${said.reason}`)}</p>`;
  const card =
    view.card.length === 0
      ? ''
      : `<h2>${words.todo}</h2><ul>${view.card.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul>`;
  return page(
    words.lang,
    view.title,
    `<h1>${escaped(view.title)}</h1><p>${escaped(view.text)}</p>${placeLine(view)}${stepsLine(view)}${told}${card}${formOf(view, note)}`,
  );
}

/** In both languages: nobody knows who opens it. */
export const goneLinkPage = (end: LinkEnd): string =>
  page(
    'zh-CN',
    '更夫 Gengfu',
    `<p>${WORDS.zh.ends[end]}${WORDS.zh.ask}</p><p lang="en">${WORDS.en.ends[end]} ${WORDS.en.ask}</p>`,
  );
