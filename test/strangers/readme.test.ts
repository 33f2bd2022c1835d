// Guarantee: the programs that README prints are those of examples/, to the letter.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test.each([
  { path: 'examples/consume.py', language: 'python' },
  { path: 'examples/java/Consume.java', language: 'java' },
  { path: 'examples/headers.sh', language: 'sh' },
])('[B5] README prints $path as it is', ({ path, language }) => {
  expect(read('README.md')).toContain(`\`\`\`${language}\n${read(path)}\`\`\`\n`)
})

test('[E4] README prints examples/receiver.mjs as it is', () => {
  expect(read('README.md')).toContain(`\`\`\`js\n${read('examples/receiver.mjs')}\`\`\`\n`)
})

test('[B5] README names the versions that are tested', () => {
  const python = /^confluent-kafka==\S+$/m.exec(read('examples/requirements.txt'))?.[0]
  const java = [...read('examples/java/pom.xml').matchAll(/<artifactId>(\S+)<\/artifactId>\s*<version>(\d+\.\S+)<\/version>/g)]
  const versions = [python, ...java.map(([, artifact, version]) => `${artifact} ${version}`)]
  expect(versions.length).toBe(3)
  for (const version of versions) expect(read('README.md')).toContain(String(version).replace('==', ' '))
})
