import { parseArgs } from 'node:util';
import { siteSchemas } from '../../config/schema.ts';
import { kinds } from '../kinds.ts';
import { type Command, EXIT } from './command.ts';

export const schema: Command = {
  usage: '',
  summary: "JSON Schema of a site's files, for editors",
  async run(args) {
    parseArgs({ args: [...args] });
    console.log(JSON.stringify(siteSchemas(kinds), null, 2));
    return EXIT.done;
  },
};
