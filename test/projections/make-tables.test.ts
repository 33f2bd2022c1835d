// The SQL files of a projection's version are applied once each, and none is changed afterwards without being noticed.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { makeTables } from '../../src/projections/make-tables.ts'
import type { Projection } from '../../src/projections/projection.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { never } from '../ground/projection-dsl.ts'

let test: TestDatabase
let sql: string
beforeEach(async () => {
  test = await openTestDatabase('make tables')
  sql = await mkdtemp(join(tmpdir(), 'zaplog-sql-'))
})
afterEach(async () => {
  await test.close()
  await rm(sql, { recursive: true })
})

const version = (number: number): Projection => ({
  name: 'shelf',
  version: number,
  begins: 'at-the-first-record',
  sql,
  reads: ['events'],
  gather: () => ({ reads: [], decide: () => ({ writes: [], afterwards: [], emissions: [] }) }),
})
const write = (name: string, text: string) => writeFile(join(sql, name), text)
const make = (number = 2) => makeTables(test.database, version(number), never)
const booksOf = () => test.database.query('select * from shelf_2.books')

it('[D2] files are applied in the order of their names, each once; one that comes later is applied alone', async () => {
  await write('0002_authors.sql', 'alter table shelf_2.books add author text')
  await write('0001_books.sql', 'create schema shelf_2; create table shelf_2.books (title text)')
  await write('README.md', 'no SQL')
  await make()
  await make()
  await test.database.query(`insert into shelf_2.books values ('Dom Casmurro', 'Machado')`)
  await write('0003_years.sql', 'alter table shelf_2.books add year integer')
  await make()
  expect(await booksOf()).toEqual([{ title: 'Dom Casmurro', author: 'Machado', year: null }])
})

it('[D2] two processes that start at once apply each file once', async () => {
  await write('0001_books.sql', 'create schema shelf_2; create table shelf_2.books (title text)')
  await Promise.all([make(), make(), make()])
  expect(await test.database.query('select file from projection_files')).toHaveLength(1)
})

it('[D2] a file that was changed or is gone is refused by name, and nothing else is applied', async () => {
  await write('0001_books.sql', 'create schema shelf_2; create table shelf_2.books (title text)')
  await write('0002_authors.sql', 'alter table shelf_2.books add author text')
  await make()
  await write('0001_books.sql', 'create schema shelf_2; create table shelf_2.books (title text, year integer)')
  await rm(join(sql, '0002_authors.sql'))
  await write('0003_years.sql', 'alter table shelf_2.books add year integer')
  await expect(make()).rejects.toMatchObject({
    port: 'projections',
    code: 'misconfigured',
    retryable: false,
    message: expect.stringMatching(/shelf\.2.*0001_books\.sql, 0002_authors\.sql/),
  })
  await test.database.query(`insert into shelf_2.books values ('Dom Casmurro')`)
  expect(await booksOf()).toEqual([{ title: 'Dom Casmurro', author: null }])
})

it('[D2] a file that fails leaves nothing behind, and is applied once it is mended', async () => {
  await write('0001_books.sql', 'create schema shelf_2; create table shelf_2.books (title text)')
  await write('0002_authors.sql', 'alter table shelf_2.bookz add author text')
  await expect(make()).rejects.toThrow('bookz')
  expect(await test.database.query('select file from projection_files')).toEqual([])
  await write('0002_authors.sql', 'alter table shelf_2.books add author text')
  await make()
  expect(await booksOf()).toEqual([])
})

it('[D2] each version has a ledger of its own', async () => {
  await write('0001_books.sql', 'create schema if not exists shelf_2; create table if not exists shelf_2.books (title text)')
  await make(2)
  await make(3)
  expect(await test.database.query('select version, file from projection_files order by version')).toEqual([
    { version: 2, file: '0001_books.sql' },
    { version: 3, file: '0001_books.sql' },
  ])
})
