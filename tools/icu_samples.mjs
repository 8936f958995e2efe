// What ICU writes, for every locale of src/row/locale/data.rs: our writing is held against it.
//
//     node tools/icu_samples.mjs src/row/locale/samples.tsv        the samples that `make test` reads
//     node tools/icu_samples.mjs --all target/icu-samples.tsv      the full spread of `make shows`
//
// The first line has the requests, each other line a tag, the currency of its country and an answer for each request; an answer is empty where
// ICU cannot be asked, because its own pattern for the locale has other letters. Needs node with ICU 78, and the packages of tools/cldr.mjs.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const all = process.argv.includes('--all');
const file = process.argv.at(-1);
if (!process.versions.icu.startsWith('78.')) {
  console.error(`ICU 78 is needed, this node has ${process.versions.icu}`);
  process.exit(2);
}

const store = name => path.join(root, 'target', 'cldr', name);
const data = fs.readFileSync(path.join(root, 'src/row/locale/data.rs'), 'utf8');
const tags = [...data.matchAll(/^ {4}Tag\("([^"]+)"/gm)].map(match => match[1]);
if (all) tags.push(...[...data.split('ALSO')[1].split('];')[0].matchAll(/^ {4}\("([^"]+)"/gm)].map(match => match[1]));
const folder = name => store(fs.readdirSync(store('')).find(entry => entry.startsWith(`${name}-`) && !entry.endsWith('.tgz')));
const json = (name, inner) => JSON.parse(fs.readFileSync(path.join(folder(name), inner), 'utf8'));
const regions = json('cldr-core', 'supplemental/currencyData.json').supplemental.currencyData.region;
const currencyOf = tag => {
  const known = (regions[new Intl.Locale(tag).maximize().region] ?? []).filter(entry => Object.values(entry).every(of => !of._to && of._tender !== 'false'));
  return Object.keys(known[0] ?? { USD: 0 })[0];
};

const months = Array.from({ length: 12 }, (_, i) => `2026-${String(i + 1).padStart(2, '0')}-15T09:05:07Z`);
const week = Array.from({ length: 7 }, (_, i) => `2026-11-${22 + i}T15:05:07Z`);
const requests = [];
const ask = (...request) => requests.push(request);
if (all) {
  for (const code of ['OWN', 'USD', 'EUR', 'GBP', 'JPY', 'KWD', 'INR', 'CHF', 'CNY', 'KRW', 'BRL', 'AUD', 'CAD', 'MXN', 'TWD', 'SEK', 'NOK', 'PLN', 'CZK', 'HUF', 'RON',
    'TRY', 'UAH', 'RUB', 'ILS', 'AED', 'SAR', 'EGP', 'ZAR', 'NGN', 'XOF', 'XAF', 'XPF', 'CVE', 'PTE', 'ESP', 'ITL', 'DEM', 'GRD', 'LUF', 'EEK', 'CLF', 'BAM', 'RSD', 'KZT', 'AMD',
    'GEL', 'AZN', 'THB', 'VND', 'PHP', 'IDR', 'MYR', 'BDT', 'PKR', 'LKR', 'NPR', 'MMK', 'KHR', 'LAK', 'IRR', 'AFN', 'ISK', 'DKK', 'COP', 'ARS', 'CLP', 'PYG', 'VES', 'CRC', 'NAD']) {
    for (const amount of ['0', '-1234.5', '1234567.891']) for (const style of 's n'.split(' ')) ask('m', code, amount, style);
    ask('m', code, '0.001', 's');
    ask('m', code, '-9.5', 'c');
    ask('m', code, '12345', 'c');
    ask('p', code, '-1234567.891', 's');
  }
  for (const number of ['0', '1', '-1', '9999', '-12345', '1234567.891', '-1234.5', '0.0625', '1e12']) ask('#', number);
  for (const number of ['0', '5', '25', '-12.5', '100', '12345', '-123456']) ask('%', number);
  for (const number of ['0', '1', '2', '3', '4', '5', '6', '7', '8', '10', '11', '12', '14', '19', '20', '21', '22', '25', '42', '60', '100', '101', '102', '1000', '1000000', '0.1', '0.5',
    '1.1', '1.5', '2.1', '0.01', '2.25', '5.5', '10.1', '1000000.5']) ask('pl', number);
  for (const date of months) for (const letters of ['MMMM', 'MMM', 'LLLL', 'LLL']) ask('d', date, letters);
  for (const date of week) for (const letters of ['EEEE', 'EEE', 'cccc', 'ccc']) ask('d', date, letters);
  for (const letters of ['a', 'd', 'y']) for (const date of [months[1], week[3]]) ask('d', date, letters);
} else {
  ask('m', 'OWN', '1234567.891', 's');
  ask('m', 'OWN', '-1234.5', 'n');
  ask('m', 'USD', '-9999.995', 's');
  ask('m', 'JPY', '12345', 's');
  ask('m', 'KWD', '0.5', 'c');
  ask('p', 'INR', '-1234567', 's');
  ask('#', '-1234.5');
  ask('%', '-12.5');
  for (const number of ['0', '2', '1.5', '11']) ask('pl', number);
  ask('d', months[10], 'MMMM');
  ask('d', months[4], 'MMM');
  ask('d', months[7], 'LLLL');
  ask('d', week[3], 'EEEE');
  ask('d', week[0], 'ccc');
  ask('d', week[1], 'a');
}

const display = { s: 'symbol', n: 'narrowSymbol', c: 'code' };
const kinds = { currency: 'Currency', integer: 'Integer', group: 'Group', decimal: 'Decimal', fraction: 'Fraction', literal: 'Literal', minusSign: 'Minus' };
const hundredth = text => {
  const [, sign, whole, fraction] = text.match(/^(-?)(\d+)(?:\.(\d+))?$/);
  const digits = whole.padStart(3, '0');
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}${fraction ?? ''}`;
};

const dates = folder('cldr-dates-full');

// Ways to have ICU write a name, each with the letters that its pattern has there.
function dateWays(tag) {
  const near = [tag, new Intl.Locale(tag).maximize().baseName.split('-').slice(0, 2).join('-'), tag.split('-')[0]].find(it => fs.existsSync(path.join(dates, 'main', it)));
  const calendar = json('cldr-dates-full', `main/${near}/ca-gregorian.json`).main[near].dates.calendars.gregorian;
  const available = calendar.dateTimeFormats.availableFormats;
  const full = calendar.dateFormats.full._value ?? calendar.dateFormats.full;
  // ICU makes the pattern of a name alone from that of its short form.
  const long = short => short?.replace(/MMM|LLL|EEE|ccc/, run => run + run[0]);
  return [
    [{ dateStyle: 'full' }, full],
    [{ month: 'long', day: 'numeric' }, available.MMMMd],
    [{ month: 'short', day: 'numeric' }, available.MMMd],
    [{ month: 'short', day: 'numeric', weekday: 'short' }, available.MMMEd],
    [{ month: 'long' }, available.MMMM ?? long(available.MMM)],
    [{ month: 'short' }, available.MMM],
    [{ weekday: 'long' }, long(available.E)],
    [{ weekday: 'short' }, available.E],
    [{ hour: 'numeric', hourCycle: 'h12' }, available.h],
    [{ day: 'numeric' }, available.d],
    [{ year: 'numeric' }, available.y],
  ].filter(([, pattern]) => typeof pattern === 'string');
}
const partOf = letters => ({ M: 'month', L: 'month', E: 'weekday', c: 'weekday', a: 'dayPeriod', d: 'day', y: 'year' })[letters[0]];
const runs = pattern => pattern.replace(/'[^']*'/g, ' ').match(/([A-Za-z])\1*/g).map(run => (/^E{1,3}$/.test(run) ? 'EEE' : run));

const lines = [['tag', 'own', ...requests.map(request => request.join(' '))].join('\t')];
for (const tag of tags) {
  const own = currencyOf(tag);
  const formats = new Map();
  const format = options => {
    const key = JSON.stringify(options);
    if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(tag, options));
    return formats.get(key);
  };
  const plurals = Intl.PluralRules.supportedLocalesOf(tag).length ? new Intl.PluralRules(tag) : { select: () => '' };
  const ways = dateWays(tag).map(([options, pattern]) => [new Intl.DateTimeFormat(tag, { timeZone: 'UTC', calendar: 'gregory', ...options }), runs(pattern)]);
  const answer = ([kind, ...request]) => {
    if (kind === 'm' || kind === 'p') {
      const money = format({ style: 'currency', currency: request[0] === 'OWN' ? own : request[0], currencyDisplay: display[request[2]] });
      if (kind === 'm') return money.format(request[1]);
      return money.formatToParts(request[1]).map(part => `${kinds[part.type]}:${part.value}`).join('|');
    }
    if (kind === '#') return format({ maximumFractionDigits: 3 }).format(request[0]);
    if (kind === '%') return format({ style: 'percent', maximumFractionDigits: 3 }).format(hundredth(request[0]));
    if (kind === 'pl') return plurals.select(Number(request[0]));
    const letters = request[1];
    const way = ways.find(([, has]) => has.includes(letters));
    return way ? way[0].formatToParts(new Date(request[0])).find(part => part.type === partOf(letters))?.value ?? '' : '';
  };
  lines.push([tag, own, ...requests.map(answer)].join('\t'));
}
fs.writeFileSync(file, `${lines.join('\n')}\n`);
console.log(`${file}: ${tags.length} locales, ${requests.length} requests each`);
