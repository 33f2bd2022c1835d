// For a machine that is new: fetches and makes what tests of external parts would fetch, and what makes their Java servers start sooner.
// Ends with 1 and says what could not be had; tests that need it ask once more, and say so themselves.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { s3Available } from '../../infra/services/available.ts'
import { makeClasses } from '../../infra/services/java-classes.ts'
import { openKafka } from '../../infra/services/kafka.ts'
import { fetchKafkaJars } from '../../infra/services/kafka-jars.ts'
import { fetchRegistry, openRegistry } from '../../infra/services/registry.ts'
import { strangersAvailable } from '../../infra/services/strangers.ts'
import { describeError } from '../../src/runtime/logger.ts'
import { composeLoaderAvailable } from './docker/compose-loader.ts'

const directory = await mkdtemp(join(tmpdir(), 'zaplog-fetch-parts-'))

const makeKafka = async () =>
  makeClasses(await fetchKafkaJars(), classes => openKafka({ directory: join(directory, 'kafka'), classes }))
const makeRegistry = async () => makeClasses(await fetchRegistry(), classes => openRegistry({ classes }))

/** null: it is there. */
const problemOf = (making: Promise<void>): Promise<string | null> => making.then(() => null, describeError)

const all = [problemOf(makeKafka()), problemOf(makeRegistry()), s3Available(), composeLoaderAvailable(), strangersAvailable()]
const missing = (await Promise.all(all)).filter(sentence => sentence !== null)
await rm(directory, { recursive: true, force: true })
for (const sentence of missing) process.stdout.write(`${sentence}\n`)
process.exitCode = missing.length === 0 ? 0 : 1
