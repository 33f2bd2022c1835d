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

test('[H9] and how many places threads may have for what they free', async () => {
  const [script, commands, image] = await Promise.all(
    ['zaplog', 'package.json', 'Dockerfile'].map(file => readFile(`${root}${file}`, 'utf8')),
  )
  expect(script).toMatch(/^export MALLOC_ARENA_MAX="\$\{MALLOC_ARENA_MAX:-2\}"$/m)
  const starts = commands?.split('\n').filter(line => line.includes('zaplog.ts')) ?? []
  expect(starts.filter(line => !line.includes('exec env MALLOC_ARENA_MAX=2 node '))).toEqual([])
  expect(image).toMatch(/^ENV [^#]*^ {4}MALLOC_ARENA_MAX=2 \\$/m)
})
