// What is done to the document itself: its language, and where somebody is in it after a choice.
import { effect } from '@preact/signals'
import { language } from './language.ts'

/** Of all pages. */
export const followLanguage = () =>
  effect(() => {
    document.documentElement.lang = language.value === 'pt' ? 'pt-BR' : language.value
  })

/** Where panels are below each other, what was chosen would be out of sight. Its width is that of the styles. */
export function bringChosenIntoSight() {
  if (matchMedia('(max-width: 48rem)').matches) document.getElementById('chosen')?.scrollIntoView({ block: 'start' })
}

/** After a form that is gone. */
export const goToContent = () => document.getElementById('content')?.focus()
