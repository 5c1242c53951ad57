// The only script of report.html: it filters console lines. Without it all lines are shown.

/** No `</script>`, no foreign text. Its hash stands in the page's content security policy, so no other script can run. */
export const htmlScript = `
for (const box of document.querySelectorAll('.console-box')) {
  const field = box.querySelector('.search');
  const lines = [...box.querySelectorAll('.console > div')];
  const found = box.querySelector('.found');
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
export const htmlScriptHash = 'pc4Fe3fcT/C1YpuegGM1FNg1Ih/EVtQFDtnz0ChlM5g=';
