// Whatever package a module of the pages comes from, its licence is passed on with them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { licencesOf } from '../../scripts/generate-console.ts'

/** Answers the id of a module in it. */
function packagesIn(files: Readonly<Record<string, string>>): (path: string) => string {
  const root = mkdtempSync(join(tmpdir(), 'zaplog-licences-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, 'node_modules', path, '..'), { recursive: true })
    writeFileSync(join(root, 'node_modules', path), content)
  }
  return path => join(root, 'node_modules', path)
}

test('[J2] a package is named once, with all that it asks to be passed on, however many of its modules are in the pages', () => {
  const at = packagesIn({ '@a/b/LICENSE': 'one', '@a/b/NOTICE.txt': 'two', '@a/b/readme.txt': 'three', 'c/licence': 'four' })
  const ours = ['/console/src/main.tsx', '\0vite/preload-helper.js']
  expect(licencesOf([...ours, at('c/lib/x.js'), at('@a/b/x.js'), at('@a/b/lib/deep/y.css')])).toBe(
    '@a/b, LICENSE\n\none\n\n@a/b, NOTICE.txt\n\ntwo\n\nc, licence\n\nfour',
  )
})

test('[J2] a package inside of another one has its own licence, also beside another version of it', () => {
  const at = packagesIn({ 'a/LICENSE': 'a', 'b/LICENSE': 'new', 'a/node_modules/b/LICENSE': 'old' })
  expect(licencesOf([at('a/node_modules/b/x.js'), at('b/x.js')])).toBe('a/node_modules/b, LICENSE\n\nold\n\nb, LICENSE\n\nnew')
})

test('[J2] nothing is built of a package without a licence', () => {
  const at = packagesIn({ 'a/readme.txt': 'hello' })
  expect(() => licencesOf([at('a/x.js')])).toThrow('a: expected a licence in the package')
})
