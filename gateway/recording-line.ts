import { z } from 'zod';
import type { Quality, Reading } from '../drivers/reading.ts';
import { action } from './recording-action.ts';
