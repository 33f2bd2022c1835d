// Guarantee: the programs that README and docs/topics.md print are those of examples/, to the letter, and so is the body of a webhook.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { accepted } from '../../src/api/commands/command-shapes.ts'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test.each([
  { path: 'examples/consume.py', language: 'python' },
  { path: 'examples/consume.mjs', language: 'js' },
  { path: 'examples/java/Consume.java', language: 'java' },
  { path: 'examples/headers.sh', language: 'sh' },
])('[B5] docs/topics.md prints $path as it is', ({ path, language }) => {
  expect(read('docs/topics.md')).toContain(`\`\`\`${language}\n${read(path)}\`\`\`\n`)
})

test('[E4] README prints examples/receiver.mjs as it is', () => {
  expect(read('README.md')).toContain(`\`\`\`js\n${read('examples/receiver.mjs')}\`\`\`\n`)
})

test('[E4] README prints a body as it is posted', () => {
  expect(read('README.md')).toContain(
    `\`\`\`json\n${read('test/webhooks/golden/message.received image.json').trimEnd()}\n\`\`\`\n`,
  )
})

test('[B5] README prints the answer 202 with each of its fields, and no other', () => {
  const answers = [...read('README.md').matchAll(/^\{"commandId":.*\}$/gm)].map(([answer]) => JSON.parse(answer))
  expect(answers).toHaveLength(1)
  for (const answer of answers) expect(accepted.strict().parse(answer)).toEqual(answer)
})

test('[B5] docs/topics.md names the versions that are tested', () => {
  const python = /^confluent-kafka==\S+$/m.exec(read('examples/requirements.txt'))?.[0]
  const java = [...read('examples/java/pom.xml').matchAll(/<artifactId>(\S+)<\/artifactId>\s*<version>(\d+\.\S+)<\/version>/g)]
  const versions = [python, ...java.map(([, artifact, version]) => `${artifact} ${version}`)]
  expect(versions.length).toBe(3)
  for (const version of versions) expect(read('docs/topics.md')).toContain(String(version).replace('==', ' '))
})
