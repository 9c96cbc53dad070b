/** Every text of one language: one chunk of the bundle, loaded when the language is chosen. */
import access from './pt-BR/access.json';
import cache from './pt-BR/cache.json';
import common from './pt-BR/common.json';
import configuration from './pt-BR/configuration.json';
import errors from './pt-BR/errors.json';
import fleet from './pt-BR/fleet.json';
import loadTest from './pt-BR/loadTest.json';
import overview from './pt-BR/overview.json';
import playground from './pt-BR/playground.json';
import requests from './pt-BR/requests.json';
import upstream from './pt-BR/upstream.json';
import usage from './pt-BR/usage.json';

export default {
  access,
  cache,
  common,
  configuration,
  errors,
  fleet,
  loadTest,
  overview,
  playground,
  requests,
  upstream,
  usage,
};
