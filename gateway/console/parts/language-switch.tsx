import { Button } from 'antd';
import { useWords } from '../words/words.ts';

export function LanguageSwitch() {
  const { say, language, choose } = useWords();
  return (
    <Button
      type="text"
      size="small"
      lang={language === 'zh' ? 'en' : 'zh-CN'}
      aria-label={say('language.label')}
      onClick={() => choose(language === 'zh' ? 'en' : 'zh')}
    >
      {say('language.switch')}
    </Button>
  );
}
