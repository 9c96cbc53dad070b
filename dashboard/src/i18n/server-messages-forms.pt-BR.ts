import type { MessagePair } from './server-messages.ts';

/** What was expected and what came instead, in requests and in the configuration file. */
export const FORMS: readonly MessagePair[] = [
  ['expected {@form}', 'o esperado é {@form}'],
  ['expected {@form}, got nothing', 'o esperado é {@form}, e não veio nada'],
  ['expected {@form}, got {@value}', 'o esperado é {@form}, e veio {@value}'],
  ['is required: expected {@form}', 'é obrigatório: o esperado é {@form}'],
  ['is not a valid name: expected {@form}', 'não é um nome válido: o esperado é {@form}'],
  ['must begin with `/`: expected {@form}', 'precisa começar com `/`: o esperado é {@form}'],
  ['did you mean `{*name}`?', 'você quis dizer `{*name}`?'],
  ['known: {names}', 'conhecidos: {names}'],
  ['write {} for the defaults', 'escreva {} para ter os valores padrão'],

  // What came.
  ['a list', 'uma lista'],
  ['a mapping', 'um mapeamento'],
  ['the end of the text', 'o fim do texto'],

  // Numbers and words.
  ['a whole number from {#min} to {#max}', 'um número inteiro de {#min} a {#max}'],
  ['a whole number from {#min} to {#max}, or null', 'um número inteiro de {#min} a {#max}, ou null'],
  ['a number from {#min} to {#max}', 'um número de {#min} a {#max}'],
  ['true or false', 'true ou false'],
  ['one of {words}', 'um destes: {words}'],
  ['some of {words}, separated by commas', 'um ou mais destes, separados por vírgulas: {words}'],
  ['at most {#most} values', 'no máximo {#most} valores'],
  ['text on one line', 'um texto em uma só linha'],
  [
    'text on one line, at most {#max} characters',
    'um texto em uma só linha, com no máximo {#max} caracteres',
  ],
  [
    'text on one line of at most {#max} characters',
    'um texto em uma só linha, com no máximo {#max} caracteres',
  ],
  ['at most {#max} characters on one line', 'no máximo {#max} caracteres em uma só linha'],
  ['a share such as 50% or 0.5', 'uma parcela como 50% ou 0.5'],
  ['a share such as 2%, or a duration such as 20ms', 'uma parcela como 2%, ou uma duração como 20ms'],
  ['a size', 'um tamanho'],
  ['a size such as 512b, 64kb, 1mb or 2gb', 'um tamanho como 512b, 64kb, 1mb ou 2gb'],

  // Times and rates.
  ['a duration', 'uma duração'],
  ['a duration such as 30s, at most 1d', 'uma duração como 30s, no máximo 1d'],
  ['a duration such as 30s, 10m or 1d, or null', 'uma duração como 30s, 10m ou 1d, ou null'],
  ['a duration such as 500ms, 10s, 1m or 1d', 'uma duração como 500ms, 10s, 1m ou 1d'],
  ['a duration such as 500ms, 30s, 10m or 1d', 'uma duração como 500ms, 30s, 10m ou 1d'],
  [
    'a time such as 2026-01-31T12:00:00Z, ms since 1970, -1h or now',
    'um momento como 2026-01-31T12:00:00Z, ms desde 1970, -1h ou now',
  ],
  ['a rate such as "1 per 1s" or "100 per 1m"', 'uma taxa como "1 per 1s" ou "100 per 1m"'],
  [
    'a rate such as "1 per 1s" or "100 per 1m", or "none"',
    'uma taxa como "1 per 1s" ou "100 per 1m", ou "none"',
  ],
  ['a rate such as "1 per 1s" or "1000 per 1d"', 'uma taxa como "1 per 1s" ou "1000 per 1d"'],
  ['a rate such as "100 per 1m"', 'uma taxa como "100 per 1m"'],
  ['a rate such as "100 per 1m", or none', 'uma taxa como "100 per 1m", ou none'],

  // Calls of the playground and of bursts.
  [
    'shares of the calls that carry a priority, such as 10%:0,20%:5',
    'parcelas das chamadas que levam uma prioridade, como 10%:0,20%:5',
  ],
  ['a client’s name of {#min} to {#max} characters', 'o nome de um cliente, de {#min} a {#max} caracteres'],
  ['text of at most {#most} kB', 'um texto de no máximo {#most} kB'],
  [
    'the rest of a path, of at most {#max} characters',
    'o resto de um caminho, com no máximo {#max} caracteres',
  ],
  ['a query parameter’s name', 'o nome de um parâmetro de query'],
  ['a header’s name', 'o nome de um cabeçalho'],
  [
    'a header’s value of at most {#max} characters',
    'o valor de um cabeçalho, com no máximo {#max} caracteres',
  ],

  // Rules, clients and paths.
  ['an id of 1 to 64 letters, digits, `.`, `_` and `-`', 'um id de 1 a 64 letras, dígitos, `.`, `_` e `-`'],
  [
    'a rule id: A-Z, a-z, 0-9, `.`, `_` and `-`, at most 64',
    'um id de regra: A-Z, a-z, 0-9, `.`, `_` e `-`, no máximo 64',
  ],
  ['the id of a rule', 'o id de uma regra'],
  [
    '"*", an address such as 10.0.0.1 or 2001:db8::1, a block such as 10.0.0.0/8, or client:<id>',
    '"*", um endereço como 10.0.0.1 ou 2001:db8::1, um bloco como 10.0.0.0/8, ou client:<id>',
  ],
  [
    '"*", a path such as /items/1, or /items/* for everything below',
    '"*", um caminho como /items/1, ou /items/* para tudo o que está abaixo',
  ],
  [
    'a list of methods such as ["GET", "POST"], or ["*"]',
    'uma lista de métodos como ["GET", "POST"], ou ["*"]',
  ],
  ['a method such as GET', 'um método como GET'],
  ['an HTTP method such as GET', 'um método HTTP como GET'],
  ['an HTTP method such as GET, or "*"', 'um método HTTP como GET, ou "*"'],
  ['an IP address such as 10.0.0.7 or 2001:db8::1', 'um endereço IP como 10.0.0.7 ou 2001:db8::1'],
  ['an IP address or a block such as 10.0.0.0/8', 'um endereço IP ou um bloco como 10.0.0.0/8'],
  ['a path such as /ml/items/1, without the query', 'um caminho como /ml/items/1, sem a query'],
  ['a status such as 404, or a class such as 4xx', 'um status como 404, ou uma classe como 4xx'],
  ['a list, such as ["1 per 1s"]', 'uma lista, como ["1 per 1s"]'],
  [
    'a list of rules, or a mapping with the list under `rules`',
    'uma lista de regras, ou um mapeamento com a lista em `rules`',
  ],
];
