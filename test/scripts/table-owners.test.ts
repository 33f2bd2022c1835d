// A table is named in the statements of one file: what the check finds, and what it takes for a name.
import { expect, test } from 'vitest'
import { sharedTables } from '../../scripts/table-owners.ts'

const migrations = [
  {
    path: 'infra/postgres/migrations/0001_shop.sql',
    text: 'create table parcels (id text);\ncreate unlogged table mail_bags (id text);',
  },
]
const check = (sources: Readonly<Record<string, string>>, exceptions: Readonly<Record<string, string>> = {}) =>
  sharedTables({ migrations, sources: Object.entries(sources).map(([path, text]) => ({ path, text })), exceptions })

const owner = { 'src/post/parcels.ts': "const all = 'select id from parcels'\n" }

test('a table that one file names has an owner', () => {
  expect(check(owner)).toEqual([])
})

test('one that two folders name is told with its files and lines, and what to do', () => {
  const [told = '', ...others] = check({
    ...owner,
    'src/api/list.ts': '\n\nconst sql = `select 1\n  from parcels where id = $1`\n',
  })
  expect(others).toEqual([])
  expect(told.split('\n')).toEqual([
    expect.stringMatching(/^parcels is named in statements of 2 folders; .* export what the others need/),
    '  src/api/list.ts:4',
    '  src/post/parcels.ts:1',
  ])
})

test('so is one that two files of a folder name', () => {
  expect(check({ ...owner, 'src/post/late.ts': "q('delete from parcels')" })).toEqual([
    expect.stringContaining('parcels is named in 2 files of one folder'),
  ])
})

const names: Readonly<Record<string, string>> = {
  'a join': 'q(`select 1 from x join parcels p using (id)`)',
  'an insert': "q('insert into parcels (id) values ($1)')",
  'an update': "q('update parcels set id = $1 where id = $2')",
  'a deletion': 'q(`with old as (select 1) delete from only parcels`)',
  'the second of a list': "q('select 1 from x as y, parcels p')",
  'a table with its schema': "q('select 1 from public.parcels')",
  'one behind something interpolated': `q(\`select \${columns} from parcels where \${isOld}\`)`,
  'one in what is interpolated': `q(\`select \${count('from parcels where true')}\`)`,
  'a condition': `const isSent = (id: string) => \`exists (select from parcels where parcels.id = \${id})\``,
  'a fragment that begins with it': "count('parcels where id = $1')",
  'a value of an object that is checked against a type': "const all = { old: 'select 1 from parcels' } as const satisfies Texts",
}
test.each(Object.entries(names))('%s names it', (_, text) => {
  expect(check({ ...owner, 'src/api/other.ts': text })).toHaveLength(1)
})

const namesNothing: Readonly<Record<string, string>> = {
  'a word of prose': "describe('Takes 3 parcels from parcels that are late')",
  'a word alone': "kinds.includes('parcels')",
  'a type': "type Kind = 'parcels' | 'select 1 from parcels'",
  'a module': "import { all } from './select 1 from parcels'",
  'a comment': '// select 1 from parcels\nq(`select 1 -- from parcels\n`)',
  'what the statement itself calls so': 'q(`with parcels as (select 1) select * from parcels`)',
  'a column': "q('select parcels from x where parcels > 3 for update of parcels')",
}
test.each(Object.entries(namesNothing))('%s does not', (_, text) => {
  expect(check({ ...owner, 'src/api/other.ts': text })).toEqual([])
})

test('a name that can be no word counts alone', () => {
  const bags = { 'src/post/bags.ts': "q('select 1 from mail_bags')", 'src/api/other.ts': "sizeOf('mail_bags')" }
  expect(check(bags)).toEqual([expect.stringContaining('mail_bags is named')])
})

test('statements in a file of SQL are those of its folder, and tables that it makes are watched as well', () => {
  const beside = {
    'src/post/2.sql': 'create table labels (id text);',
    'src/api/a.ts': "q('select 1 from labels')",
    'src/cli/b.ts': "q('select 2 from labels')",
  }
  expect(check(beside)).toEqual([expect.stringContaining('labels is named in statements of 2 folders')])
})

test('an exception is passed over, and refused where it is none', () => {
  const shared = { ...owner, 'src/api/other.ts': "q('select 1 from parcels')" }
  expect(check(shared, { parcels: 'for a reason' })).toEqual([])
  expect(check(owner, { parcels: 'for a reason' })).toEqual([expect.stringContaining('parcels is an exception')])
  expect(check(owner, { letters: 'for a reason' })).toEqual([expect.stringContaining('letters is an exception')])
})
