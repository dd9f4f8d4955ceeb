import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Page } from './page.tsx';
import './console.css';
import './alarms.css';
import './points.css';
import './response.css';
import './duty.css';
import { openWords } from './words/words.ts';

const root = document.getElementById('page');
if (root === null) throw new Error('index.html has no #page');
await openWords();
createRoot(root).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
