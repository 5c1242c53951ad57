// Made by src/kit/embed.ts from waker.c: what was compiled for each processor, gzip and base64.

/** Version of gcc that compiled them. */
export const compiler = '12.2.0';

export const programs = {
  arm64: [
    'H4sIAAAAAAACA71VS0wTURS9M6+FBhSrQCASaTVoWE0QjTbRxGFU1IgJHxfsxtJW2tgPTkcBWdiNCQkbKijRRCButI0rYyILE4mfhDUKO01BWb',
    'GQgJg0BkY7vQ9mHq2YmHiTzum99533Pe/d22ebGnmOA2oEXsKmByAiTlmNMRdYQYRdUKK3NaS22BQxI2DvmW+BKc+ZMIaTiHFmHr8NrxnbU7Qh',
    'u3lB9VoAQEUei2VgRgtiy4LqLYC/Nzsir+/l5jrtNrq/WXuv9C/+qZ9SANiTI74/T5zT4zZI8Vl/mCa6VL/ic3tlTyTslbvdARU8wYjnmtzpU9',
    'VAyGfO6ym9UTDQ4RGiEeEYnGu6IJ2W64UjRzf+Hj6ur5AABxzw4DKs+0X8fkFmlRLGRnSfh0uYd1nxHC1g1pkhzhviS32vE4MAg7sfSmn7m7K4',
    'k3fMOpxkhv703KiUts9nc7r/WErb+XLdX+t7lVgjEF8thfTqW4ivtHGJFQLJ74RLOiHWOkfKk980bWTeIaYt43emaw6NL6dOPZg+A5YBMfpkeQ',
    'xg8RkHl786IP2FlCfnSFkyRUqTByDWuqBpI44J7vpKW0MC7GN7V0vF9Frfu6eTRJ5NjQ3dnXw+sSwBDKSqxDRYIJ4qJonfY1VwVeSEHc8sqGla',
    'rWH/uFutYOmp5qp2OCATrwSAk5qm6efZUCI+so0WSvcs0lDBsLW96POnmQ8fS6CheGMvXYir61okg+2YoHc0hT7VNL1fRei3IxYjVoJZt07r5j',
    '3MWB1zbwoRK6j8sGE1mO/jTy07PzrvdfRFbK8x+SX0XTz8F6PvST4b580IQtQfVRXV3QFCZ/iG4HdH/SB4e8PR3lAWVSWbuelTooFI2OTICgiK',
    'L+gWuoIqCKqvRwXB55evKu6QT/Z7lU1P78sdCnhA6Iyo+kcn/atlzvuHpkXocqhuKNYY3jXjOVIrxz54RlcUrxh0xBn4VF/7MMczOqXYnuO9M9',
    'pB1AzlU51QtDHzZ7EeNUh9qkOKdXnmT60Ba4bE6L6L4WfcnTnW32ioFbn0JeapM9QuMnxaB7bUA6a+UWtBPl1/vvqYjy8z/H5iRnb+7P4FcO4E',
    '2LpurueE4dN9UHB8mq/Ed6rSmns8G4PdDJ++c07k127DN3KNdh75sW30+wtqoKjwiAkAAA==',
  ].join(''),
  x86_64: [
    'H4sIAAAAAAACA7VVW2sTQRQ+O6np4oWmWtEXb5CAL13SegsK0tRapxjBYoVClXSbrE0wyZbNVtunKgXpIoKCVBAEH/0BPvmieHnwzX+ggkovIi',
    'JWioWOzO6ZdHfctT7o9/LlnDNn5pzZL2emTuZ6iaKAQAyOw5oF0IW83OT3ZaAJumALbHbXboBoJGJBhoRHPC/uj28L8oQSZJFH1sk7qwRZxfT+',
    'j3YxDn8PPM49L+avVxX35OGVNbP4p314WVtD/Psi/IrrV+Eh8eyKCIzZJcvQi/mCWSvmr+plGwoVs3A5P2rYdrlqBONuyF1UKY8UtLqpHYZTub',
    '7uE/lO7cDBxs+OI26HMVBAAQIZX9+P78zGeZfd6Lvn2gTOYHyizeNmrFngms9PQvpjh761ArDU91aAlj1dwFLcLvHQ/DvGGEstcJtvOf+GMZYd',
    'OE+dpXPUWXnKfXT6c6LP+ZBzPs09Z4zRmz1Jld66De0dCr3+k72+f2yqmToDSXWxhbbDg/JRypqS1OlJqjnn/RN3B+cLdd7O3WWMTS/XxknHMz',
    'r9MjF0MXvhBfh6ySAvrTKT814MCK0/QltoiqK9Ee1B5E3IOyGom+G2NX1xpJHR7d4fxw5RDy7cDUFdrzCvPlH3KtoqrmdS/CvaoR/nP0D8L2Xc',
    'wPNnRR1avVS3LVsfAW20Nq6V9HoJtOJkrT5Z9di2vMgVw6qXzVrAyFugWUZF18YqNmi2MWGDZpTylyy9arjZerVcAG3UtN0V/wD8u/5gzBTlC3',
    '0ITkLw+6pS/nbcg0j6ETzs04viyxc62oUxIulR8GDIXPEjhdpoyIAEWQ13N7gTtdbojwQ5HVG/QBYA+JPSLek7I+UTvCe5/17fTHbHIwlyOmKe',
    'Cz4t5Yt5+9vcjbi/fvSRqHdOgtz/EJ4dk/4nIl+8XzEpX9RfxPPleTKM7/T+iPNVXz9hpc5gfnWd/n8BS3a6gjgIAAA=',
  ].join(''),
};
