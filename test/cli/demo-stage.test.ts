// Guarantee: a demo that cannot start says why, also where what it had opened cannot be closed.
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { launchVerb } from '../ground/cli/verb.ts'
import { openWorkplace } from '../ground/cli/workplace.ts'

const place = openWorkplace()

test('[K1] why Postgres could not be made is said, though its directory cannot be removed', async () => {
  const aside = `${place.path()}-aside`
  onTestFinished(() => rmSync(aside, { recursive: true, force: true }))
  const demo = launchVerb(['demo'], { TMPDIR: place.path() })
  await place.killInitdb(() => {
    renameSync(place.path(), aside)
    writeFileSync(place.path(), 'a file in its place')
  })
  expect(await demo.ended).toBe(exitCodes.failed)
  expect(demo.stderr()).toContain('process.close-failed')
  expect(demo.stderr()).toMatch(/zaplog demo cannot go on: making a PostgreSQL cluster/)
})
