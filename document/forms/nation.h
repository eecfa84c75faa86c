/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KYSO_DOCUMENT_FORMS_NATION_H
#define KYSO_DOCUMENT_FORMS_NATION_H

/* The national heading that every official paper bears. */

#define KYSO_NATION_NAME "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
#define KYSO_NATION_MOTTO "Độc lập - Tự do - Hạnh phúc"

#endif
