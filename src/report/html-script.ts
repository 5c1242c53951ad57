// The only script of report.html: it filters console lines, and shows the end of a failed boot's first. Without it all lines are shown.

/** No `</script>`, no foreign text. Its hash stands in the page's content security policy, so no other script can run. */
export const htmlScript = `
for (const box of document.querySelectorAll('.console-box')) {
  const field = box.querySelector('.search');
  const lines = [...box.querySelectorAll('.console > div')];
  const found = box.querySelector('.found');
  const end = box.querySelector('.from-end');
  const toEnd = () => { if (end) end.scrollTop = end.scrollHeight; };
  box.addEventListener('toggle', toEnd);
  for (const choice of box.closest('.switch')?.querySelectorAll('fieldset input') ?? []) choice.addEventListener('change', toEnd);
  toEnd();
  field.hidden = false;
  field.addEventListener('input', () => {
    const wanted = field.value.toLowerCase();
    let count = 0;
    for (const line of lines) {
      line.hidden = wanted !== '' && !line.textContent.toLowerCase().includes(wanted);
      if (!line.hidden) count += 1;
    }
    found.textContent = wanted === '' ? '' : count + ' of ' + lines.length + ' lines';
  });
}
`;

/** sha256 of the script in base64; a test holds it to the text above. */
export const htmlScriptHash = '1xl782bT22YBDxdaRFsJzzHM0KcVR1FN25JkoNJIt2k=';
