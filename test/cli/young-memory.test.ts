// However zaplog is started, its young generation is bounded: V8 would let it grow to 128 MB in the first rush, and never give it back.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

test('[H9] every way to start zaplog says how large the young generation may be', async () => {
  const files = await Promise.all(['zaplog', 'package.json', 'Dockerfile'].map(file => readFile(`${root}${file}`, 'utf8')))
  const starts = files
    .flatMap(text => text.split('\n'))
    .filter(line => line.includes('bin/run.mjs') && line.includes('zaplog.ts'))
  expect(starts).toHaveLength(6)
  expect(starts.filter(line => !line.includes('--max-semi-space-size=16'))).toEqual([])
})
