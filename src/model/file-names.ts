// Names of files that more than one room looks for.

export const configFileName = 'bootgauge.yml';
