// Which closures keep more state than has a name, as `npm run check` finds them.
import { expect, test } from 'vitest'
import { findClosures, judgeClosures } from '../../scripts/closure-state.ts'

const lets = (text: string, path = 'a.ts') => findClosures(path, text).map(({ at, lets }) => `${at}: ${lets.join(' ')}`)

test('[L] only a let that an inner function assigns is state of the closure', () => {
  const text = `
    export function openThing() {
      let kept = 0
      let shown = null
      let lists: string[] = []
      let own = 0
      const fixed = { a: 1 }
      own++
      return { add: () => { kept += 1; own2() }, show: () => shown, clear() { [lists] = [[]]; fixed.a = 2 } }
      function own2() { shown = kept }
    }`
  expect(lets(text)).toEqual(['a.ts#openThing: kept lists shown'])
})

test('[L] an inner name hides an outer one, and what is assigned belongs to the nearest that declares it', () => {
  const text = `
    function outer() {
      let a = 0, b = 0
      const inner = (b: number) => {
        let a = 1
        b++
        return () => { a++ }
      }
      return [inner, () => b++]
    }`
  expect(lets(text)).toEqual(['a.ts#inner: a', 'a.ts#outer: b'])
})

test('[L] variables of a file count as those of a function, and loops have their own', () => {
  expect(lets('let made = 0\nexport const next = () => ++made\n')).toEqual(['a.ts: made'])
  expect(lets('function f() { for (let i = 0; i < 3; i++) { i += 1 } }')).toEqual([])
})

test('[L] functions are found wherever they are: in properties, arguments, classes, blocks and pages', () => {
  const state = 'let n = 0; return () => { n++ }'
  expect(lets(`export const make = () => { ${state} }`)).toEqual(['a.ts#make: n'])
  expect(lets(`call({ make: function () { ${state} } })`)).toEqual(['a.ts#make: n'])
  expect(lets(`class A { make() { ${state} } }`)).toEqual(['a.ts#make: n'])
  expect(lets(`if (true) { try { const make = async () => { ${state} } } catch {} }`)).toEqual(['a.ts#make: n'])
  expect(lets(`const Page = () => { let n = 0; return <b onClick={() => { n++ }} /> }`, 'a.tsx')).toEqual(['a.tsx#Page: n'])
})

const closure = (count: number) => {
  const names = Array.from({ length: count }, (_, n) => `v${n}`)
  return `function open() { let ${names.join(', ')}; return () => { ${names.map(name => `${name} = 1`).join('; ')} } }`
}
const judge = (count: number, allowed: Record<string, number>) => judgeClosures(new Map([['a.ts', closure(count)]]), allowed)

test('[L] three are no fault, four are one, and who is known by name may have as many as it has', () => {
  expect(judge(3, {})).toEqual([])
  expect(judge(4, {})).toEqual(['a.ts#open: expected at most 3 lets that inner functions assign, got v0, v1, v2, v3'])
  expect(judge(4, { 'a.ts#open': 4 })).toEqual([])
  expect(judge(5, { 'a.ts#open': 4 })).toEqual([
    expect.stringMatching(/^a.ts#open: expected at most 4 lets .*, got v0, v1, v2, v3, v4$/),
  ])
})

test('[L] an allowance that nobody needs any more is told', () => {
  expect(judge(4, { 'a.ts#open': 5 })).toEqual(['a.ts#open: it is allowed 5 lets and has 4: lower the allowance'])
  expect(judge(3, { 'a.ts#open': 4 })).toEqual(['a.ts#open: it is allowed 4 lets and has 3 or fewer: lower the allowance'])
  expect(judge(3, { 'gone.ts#open': 4 })).toHaveLength(1)
})
