# $1: what zaplog completion zsh prints. Each line of stdin is typed into an interactive zsh, the tab key pressed, and the line as it is then printed.
zmodload zsh/zpty || exit 1
zpty shell zsh -f -i
zpty -w shell "PS1= PS2= PROMPT_EOL_MARK=; stty cols 2000; autoload -U compinit; compinit -u -D; source ${(q)1}"
zpty -w shell 'say() { print -rn -- "<<<$BUFFER>>>"; BUFFER= }; zle -N say; bindkey "^X" say; bindkey "^I" complete-word
  unsetopt beep list_beep auto_list auto_menu; print -r "<<<"ready">>>"'
zpty -r shell said '*<<<ready>>>*'
while IFS= read -r line; do
  zpty -n -w shell "$line"$'\t\x18'
  zpty -r shell said '*<<<*>>>*'
  said=${said##*<<<}
  print -r -- "${said%%>>>*}"
done
