import{r as Argument}from"./commander.js";function defineCompletion(command,context,load){command.description(`Prints a script that lets the shell complete commands, options and their values.`).addArgument(new Argument(`<shell>`,`the shell that you type in`).choices(Object.keys(shells))).addHelpText(`after`,`
Examples:
  bash  source <(bootgauge completion bash)              in ~/.bashrc
  zsh   source <(bootgauge completion zsh)               in ~/.zshrc, after compinit
  fish  bootgauge completion fish > ~/.config/fish/completions/bootgauge.fish`).action(async shell=>{context.out(shells[shell](linesOf(await load(),``)))})}const shells={bash,zsh,fish};function linesOf(command,words){let inner=command.commands.flatMap(one=>linesOf(one,`${words} ${one.name()}`.trim()));return[{words,command},...inner]}const optionsOf=command=>command.createHelp().visibleOptions(command),flagsOf=option=>[option.short,option.long].filter(flag=>flag!==void 0),choicesOf=command=>command.registeredArguments.flatMap(({argChoices})=>argChoices??[]),quoted=text=>`'${text.replaceAll(`'`,`'\\''`)}'`;function bash(lines){let cases=lines.map(({words,command})=>{let offered=[...command.commands.map(one=>one.name()),...choicesOf(command),...optionsOf(command).flatMap(flagsOf)],values=optionsOf(command).flatMap(option=>option.argChoices===void 0?[]:flagsOf(option).map(flag=>`      ${quoted(`${words}:${flag}`)}) words=${quoted(option.argChoices?.join(` `)??``)} ;;`));return{offer:`      ${quoted(words)}) words=${quoted(offered.join(` `))} ;;`,values}});return`# bash completion of bootgauge
_bootgauge() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path='' words='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) continue ;; esac
    if [ -z "$path" ]; then path=$word
    else case "$path $word" in ${lines.filter(({words})=>words.includes(` `)).map(({words})=>quoted(words)).join(`|`)}) path="$path $word" ;; esac
    fi
  done
  case "$path:$previous" in
${cases.flatMap(({values})=>values).join(`
`)}
    *) case "$path" in
${cases.map(({offer})=>offer).join(`
`)}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _bootgauge bootgauge
`}function zsh(lines){return`autoload -U +X bashcompinit && bashcompinit\n${bash(lines)}`}function fish(lines){return`# fish completion of bootgauge\n${lines.flatMap(({words,command})=>{let at=`complete -c bootgauge -n ${quoted(fishPlace(words))}`;return[...command.commands.map(one=>`${at} -f -a ${one.name()} -d ${quoted(one.summary())}`),...choicesOf(command).map(choice=>`${at} -f -a ${choice}`),...optionsOf(command).map(option=>{let short=option.short===void 0?``:` -s ${option.short.slice(1)}`,long=option.long===void 0?``:` -l ${option.long.slice(2)}`,values=option.argChoices===void 0?``:` -x -a ${quoted(option.argChoices.join(` `))}`,value=values===``&&(option.required||option.optional)?` -r`:values;return`${at}${short}${long}${value} -d ${quoted(option.description.split(`
`)[0]??``)}`})]}).join(`
`)}\n`}function fishPlace(words){return words===``?`__fish_use_subcommand`:words.split(` `).map(word=>`__fish_seen_subcommand_from ${word}`).join(`; and `)}export{defineCompletion};