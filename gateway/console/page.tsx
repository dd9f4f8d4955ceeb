import { App, ConfigProvider, type ThemeConfig, theme } from 'antd';
import enUS from 'antd/locale/en_US.js';
import zhCN from 'antd/locale/zh_CN.js';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { api, type Session } from './api.ts';
import { Desk } from './pages/desk.tsx';
import { SignIn } from './pages/sign-in.tsx';
import { Welcome } from './pages/welcome.tsx';
import { Place, subscribePlace } from './place.ts';
import { useWords } from './words/words.ts';

const DARK = matchMedia('(prefers-color-scheme: dark)');
const STILL = matchMedia('(prefers-reduced-motion: reduce)');

const subscribeDark = (listener: () => void): (() => void) => {
  DARK.addEventListener('change', listener);
  return () => DARK.removeEventListener('change', listener);
};

function look(dark: boolean): ThemeConfig {
  return {
    algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm,
    token: {
      fontSize: 14,
      motion: !STILL.matches,
      borderRadius: 4,
      controlHeight: 30,
      colorPrimary: '#1d4f91',
      fontFamily: "system-ui, 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif",
    },
    components: { Table: { cellPaddingBlockSM: 5 } },
  };
}

/** Undefined: not known yet. Null: nobody is signed in. */
type Who = Session | null | undefined;

/** The whole page: who is signed in decides what there is. */
export function Page() {
  const { language } = useWords();
  const dark = useSyncExternalStore(subscribeDark, () => DARK.matches);
  const place = useSyncExternalStore(subscribePlace, Place.now);
  const [who, setWho] = useState<Who>(undefined);
  const welcome = place.page === 'welcome';

  useEffect(() => {
    if (welcome) return;
    let here = true;
    void api.session().then((answer) => {
      if (here) setWho(answer.ok ? answer.value : null);
    });
    return () => {
      here = false;
    };
  }, [welcome]);

  const enter = (session: Session) => {
    setWho(session);
    if (welcome) Place.go('alarms');
  };
  return (
    <ConfigProvider
      locale={(language === 'zh' ? zhCN : enUS).default}
      theme={look(dark)}
      button={{ autoInsertSpace: false }}
    >
      <App className="app" message={{ maxCount: 3 }}>
        {welcome ? (
          <Welcome secret={place.secret} onEnter={enter} />
        ) : who === undefined ? null : who === null ? (
          <SignIn onEnter={enter} />
        ) : (
          <Desk session={who} onSignedOut={() => setWho(null)} />
        )}
      </App>
    </ConfigProvider>
  );
}
