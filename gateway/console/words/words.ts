import i18next from 'i18next';
import { initReactI18next, useTranslation } from 'react-i18next';
import { en } from './en.ts';
import { zh } from './zh.ts';

export type Word = keyof typeof zh;
export type Language = 'zh' | 'en';

/** What a language is remembered by, in the browser. */
const REMEMBERED = 'gengfu.language';

const isLanguage = (value: unknown): value is Language => value === 'zh' || value === 'en';

/** The one chosen before, else English where the browser asks for it, else Chinese. */
export function firstLanguage(remembered: string | null, browser: string): Language {
  if (isLanguage(remembered)) return remembered;
  return browser.toLowerCase().startsWith('en') ? 'en' : 'zh';
}

export async function openWords(): Promise<void> {
  const first = firstLanguage(localStorage.getItem(REMEMBERED), navigator.language);
  await i18next.use(initReactI18next).init({
    resources: { zh: { translation: zh }, en: { translation: en } },
    lng: first,
    fallbackLng: 'zh',
    // Keys are flat: a quantity has dots of its own.
    keySeparator: false,
    nsSeparator: false,
    // React escapes what it shows.
    interpolation: { escapeValue: false },
  });
  showLanguage(first);
}

function showLanguage(language: Language): void {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
}

/** Says a word of the page; `of` is for a code that a newer gateway or another driver may add: it then stands for itself. */
export interface Say {
  (word: Word, fill?: Readonly<Record<string, string | number>>): string;
  readonly of: (group: string, code: string, fill?: Readonly<Record<string, string | number>>) => string;
}

export function useWords(): {
  readonly say: Say;
  readonly language: Language;
  readonly choose: (to: Language) => void;
} {
  const { t, i18n } = useTranslation();
  const language = isLanguage(i18n.language) ? i18n.language : 'zh';
  const say = Object.assign((word: Word, fill: Readonly<Record<string, string | number>> = {}) => t(word, fill), {
    of: (group: string, code: string, fill: Readonly<Record<string, string | number>> = {}) =>
      i18n.exists(`${group}.${code}`) ? t(`${group}.${code}`, fill) : code,
  });
  return {
    say,
    language,
    choose(to) {
      localStorage.setItem(REMEMBERED, to);
      showLanguage(to);
      void i18n.changeLanguage(to);
    },
  };
}
