/** Every text of one language: one chunk of the bundle, loaded when the language is chosen. */
import access from './en/access.json';
import cache from './en/cache.json';
import common from './en/common.json';
import configuration from './en/configuration.json';
import errors from './en/errors.json';
import fleet from './en/fleet.json';
import loadTest from './en/loadTest.json';
import overview from './en/overview.json';
import playground from './en/playground.json';
import requests from './en/requests.json';
import upstream from './en/upstream.json';
import usage from './en/usage.json';

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
