// What is done to the document itself: its language and colours, and where somebody is in it after a choice.
import { effect } from '@preact/signals'
import { language } from './language.ts'

/** Of all pages. */
export const followLanguage = () =>
  effect(() => {
    document.documentElement.lang = language.value === 'pt' ? 'pt-BR' : language.value
  })

/** For the library of the reference, which asks no browser; the other styles do. */
export function followColours() {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
  dark.addEventListener('change', follow)
  follow()
}

/** Where panels are below each other, what was chosen would be out of sight. Its width is that of the styles. */
export function bringChosenIntoSight() {
  if (matchMedia('(max-width: 48rem)').matches) document.getElementById('chosen')?.scrollIntoView({ block: 'start' })
}

/** After a form that is gone. */
export const goToContent = () => document.getElementById('content')?.focus()
