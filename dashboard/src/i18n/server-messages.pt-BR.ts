import type { MessagePair } from './server-messages.ts';
import { CONFIGURATION, YAML } from './server-messages-configuration.pt-BR.ts';
import { FORMS } from './server-messages-forms.pt-BR.ts';
import { SENTENCES } from './server-messages-sentences.pt-BR.ts';

/** All that the server says, in Portuguese. */
export const PORTUGUESE_MESSAGES: readonly MessagePair[] = [
  ...SENTENCES,
  ...FORMS,
  ...CONFIGURATION,
  ...YAML,
];
