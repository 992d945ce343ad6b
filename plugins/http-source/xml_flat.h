/* xml_flat.h: the leaves of a small XML document as one flat object: {"eventType": "heartBeat", "doorNo": "1"}. For the few
 * devices that do not speak JSON; attributes, order and nesting are forgotten, of two leaves of one name the first counts. Pure. */
#pragma once

#include <jansson.h>
#include <stddef.h>

#define XML_FLAT_LEAVES_MAX 256

/* Texts only, with the five entities and numeric ones resolved, without blanks around them. 0; -EINVAL: no such document;
 * -E2BIG: more leaves than that. */
int xml_flat_read(const char *text, size_t len, json_t **ret_object);
